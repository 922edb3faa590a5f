"""Signing in and out."""

import pytest

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def sign_in(client, password="pw", **fields):
    return client.post("/accounts/login/", {"username": "maya", "password": password, **fields})


def test_a_person_signs_in_and_lands_on_the_workers(client):
    make_user("maya")
    assert sign_in(client)["Location"] == "/workers/"


def test_a_person_goes_on_to_the_page_they_wanted(client):
    make_user("maya")
    assert sign_in(client, next="/playground/")["Location"] == "/playground/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere(client, elsewhere):
    make_user("maya")
    assert sign_in(client, next=elsewhere)["Location"] == "/workers/"


def test_a_wrong_password_says_so_and_keeps_the_name(client):
    make_user("maya")
    response = sign_in(client, password="wrong")
    assert response.status_code == 401
    assert b"Not signed in." in response.content
    assert b'value="maya"' in response.content
    assert b"wrong" not in response.content.replace(b"password is wrong", b"")


def test_an_account_that_is_off_does_not_get_in(client):
    make_user("maya", is_active=False)
    assert sign_in(client).status_code == 401


def test_the_name_is_escaped(client):
    response = client.post("/accounts/login/", {"username": '"><script>x', "password": "y"})
    assert b"<script>x" not in response.content


def test_signing_out_takes_a_post(maya):
    assert maya.get("/accounts/logout/").status_code == 405
    assert maya.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert maya.get("/workers/").status_code == 302


def test_the_account_page_tells_role_and_tokens(vera):
    response = vera.get("/accounts/")
    assert b"see everything, use the playground with GET and HEAD" in response.content
    assert b"None of yours is in use." in b" ".join(response.content.split())
    assert b'href="/people/#tokens"' in response.content


@pytest.mark.parametrize(("age", "words"), [(43_200, "12 hours after"), (3_600, "1 hour after")])
def test_the_page_says_how_long_one_stays_signed_in(client, settings, age, words):
    settings.SESSION_COOKIE_AGE = age
    make_user("maya")
    assert f"Stays signed in for {words}".encode() in client.get("/accounts/login/").content
    assert sign_in(client).cookies["sessionid"]["max-age"] == age


def test_a_session_lasts_twelve_hours(settings):
    assert settings.SESSION_COOKIE_AGE == 12 * 60 * 60


def test_the_page_says_what_to_do_about_a_forgotten_password(client):
    page = client.get("/accounts/login/").content.decode()
    assert 'popovertarget="forgot"' in page
    assert "An admin makes you a new link under <b>People &amp; tokens</b>." in page
    assert "manage.py changepassword NAME" in page


@pytest.mark.parametrize("path", ["/workers/", "/playground/", "/activity/", "/accounts/"])
def test_every_page_has_a_button_to_sign_out(maya, path):
    page = maya.get(path).content.decode()
    assert 'action="/accounts/logout/"' in page and "Sign out" in page
