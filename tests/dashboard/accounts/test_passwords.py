"""A link sets the first password; the old one sets the next."""

import pytest
from django.test import Client

from dashboard.accounts import people
from dashboard.accounts.by import By
from dashboard.accounts.models import Role, User
from routing.models import AuditEntry
from tests.factories import T0, make_user

pytestmark = pytest.mark.django_db
NEW = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}


@pytest.fixture
def link():
    ada = make_user("ada", Role.ADMIN)
    jonas = User.objects.create_user("jonas", password=None, role=Role.REVIEWER)
    return people.link_of(jonas, By(ada, "dashboard", T0))


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
    assert b"incorrect" in wrong.content
    right = client.post("/accounts/password/", {"old_password": "pw", **NEW})
    assert right["Location"] == "/accounts/"
    assert b"other browsers are signed out" in client.get("/accounts/").content
    assert other.get("/workers/").status_code == 302
