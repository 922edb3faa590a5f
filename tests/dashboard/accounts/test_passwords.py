"""A link sets the first password; the old one sets the next."""

from datetime import timedelta

import pytest
from django.test import Client

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, Session, User
from dashboard.accounts.people import changes
from routing.models import AuditEntry
from tests.factories import T0, make_user

pytestmark = pytest.mark.django_db
NEW = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}


@pytest.fixture
def link():
    ada = make_user("ada", Role.ADMIN)
    jonas = User.objects.create_user("jonas", password=None, role=Role.REVIEWER)
    return changes.link_of(jonas, Actor(ada, "dashboard", T0))


def opened(client, link):
    """The form's address: the token leaves the address bar first."""
    return client.get(link)["Location"]


def test_the_link_sets_the_password_and_signs_in_once(client, link):
    form = opened(client, link)
    assert b"You are <b>jonas</b>, reviewer" in client.get(form).content
    assert client.post(form, NEW)["Location"] == "/workers/"
    assert b"Welcome, jonas." in client.get("/workers/").content
    assert AuditEntry.objects.filter(action="person.password", actor="jonas").exists()
    again = Client().get(link)
    assert b"This link no longer works" in again.content
    given = {"username": "jonas", "password": NEW["new_password1"]}
    assert Client().post("/accounts/login/", given)["Location"] == "/workers/"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({**NEW, "new_password2": "other"}, b"match"),
        ({"new_password1": "short", "new_password2": "short"}, b"too short"),
        ({"new_password1": "password1", "new_password2": "password1"}, b"too common"),
    ],
)
def test_a_poor_password_is_refused_with_the_reason(client, link, given, told):
    form = opened(client, link)
    response = client.post(form, given)
    assert told in response.content and b'aria-invalid="true"' in response.content
    assert not User.objects.get(username="jonas").has_usable_password()


def test_a_link_made_up_opens_nothing(client, link):
    parts = link.split("/")
    parts[-2] = parts[-2][:-1] + ("a" if parts[-2][-1] != "a" else "b")
    assert b"This link no longer works" in client.get("/".join(parts)).content


def test_changing_it_takes_the_old_one_and_signs_out_other_browsers(client):
    maya, other = make_user("maya"), Client()
    client.force_login(maya)
    other.force_login(maya)
    wrong = client.post("/accounts/password/", {"old_password": "no", **NEW})
    assert b"Wrong password. 4 more attempts before a pause." in wrong.content
    right = client.post("/accounts/password/", {"old_password": "pw", **NEW})
    assert right["Location"] == "/accounts/"
    assert b"other browsers are signed out" in client.get("/accounts/").content
    assert other.get("/workers/").status_code == 302
    assert Session.objects.get().pk == client.cookies["sessionid"].value


def test_guesses_at_the_old_password_end_in_a_pause(client):
    client.force_login(make_user("maya"))
    for _ in range(5):
        client.post("/accounts/password/", {"old_password": "no", **NEW})
    right = client.post("/accounts/password/", {"old_password": "pw", **NEW})
    assert b"Too many wrong passwords. Try again in 5 minutes." in right.content
    assert User.objects.get().check_password("pw")


@pytest.mark.parametrize("change", ["off", "off_and_on", "sign_out", "another"])
def test_a_link_is_void_after(client, link, change):
    ada, jonas = User.objects.get(username="ada"), User.objects.get(username="jonas")
    by = Actor(ada, "dashboard", T0 + timedelta(minutes=1))
    if change.startswith("off"):
        changes.switch(jonas, on=False, by=by)
    if change == "off_and_on":
        changes.switch(jonas, on=True, by=by)
    if change == "sign_out":
        changes.sign_out(jonas, by)
    if change == "another":
        assert changes.link_of(jonas, by) != link
    assert b"This link no longer works" in client.get(link).content


def test_a_form_that_was_open_sets_nothing_once_its_person_is_off(client, link):
    form, ada = opened(client, link), User.objects.get(username="ada")
    changes.switch(User.objects.get(username="jonas"), on=False, by=Actor(ada, "dashboard", T0))
    assert b"This link no longer works" in client.post(form, NEW).content
    assert not User.objects.get(username="jonas").has_usable_password()
    assert not Session.objects.exclude(user=None).exists()


def test_machines_never_sign_in_whatever_a_terminal_gave_them(client):
    make_user("ci-bot", by_token_only=True)
    given = {"username": "ci-bot", "password": "pw"}
    assert client.post("/accounts/login/", given).status_code == 401
    assert not Session.objects.exists()
