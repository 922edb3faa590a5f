"""Who may do what is changed by admins, one at a time, and told in the audit trail."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.last_seen_middleware import note_seen
from dashboard.accounts.models import Role, Session, User
from dashboard.accounts.people import changes
from dashboard.accounts.people.changes import PersonConflict, PersonRefused
from routing.models import AuditEntry
from tests.factories import T0, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make_user("ada", Role.ADMIN)


def by(actor):
    return Actor(actor, "dashboard", T0)


def invited(ada, name="jonas", **fields):
    given = {"email": "", "role": Role.REVIEWER, "by_token_only": False, **fields}
    return changes.invite(name=name, by=by(ada), **given)


def test_somebody_invited_has_no_password_and_is_in_the_audit_trail(ada):
    jonas = invited(ada)
    assert jonas.role == Role.REVIEWER and not jonas.has_usable_password()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.subject) == ("ada", "person.invite", "jonas")
    assert entry.after == {"role": "reviewer", "by_token_only": False}


def test_names_that_differ_in_case_alone_are_the_same(ada):
    invited(ada)
    with pytest.raises(PersonRefused, match="JONAS is taken"):
        invited(ada, "JONAS")
    assert User.objects.count() == 2


def test_a_role_counts_at_once_and_both_are_told(ada):
    maya = make_user("maya", Role.OPERATOR)
    changes.set_role(maya, Role.VIEWER, was="operator", by=by(ada))
    maya.refresh_from_db()
    assert not maya.may(Role.OPERATOR)
    entry = AuditEntry.objects.get(action="person.role")
    assert (entry.before, entry.after) == ("operator", "viewer")


def test_a_role_that_somebody_changed_meanwhile_is_a_conflict(ada):
    maya = make_user("maya", Role.REVIEWER)
    with pytest.raises(PersonConflict, match="maya is reviewer now"):
        changes.set_role(maya, Role.ADMIN, was="operator", by=by(ada))
    maya.refresh_from_db()
    assert maya.role == Role.REVIEWER and not AuditEntry.objects.exists()


def test_nobody_changes_themselves_so_an_admin_remains(ada):
    with pytest.raises(PersonRefused, match="Ask another admin"):
        changes.set_role(ada, Role.VIEWER, was="admin", by=by(ada))
    with pytest.raises(PersonRefused, match="Ask another admin"):
        changes.switch(ada, on=False, by=by(ada))
    with pytest.raises(PersonRefused, match="Ask another admin"):
        changes.link_of(ada, by(ada))
    with pytest.raises(PersonRefused, match="Ask another admin"):
        changes.sign_out(ada, by(ada))


def test_an_admin_who_was_demoted_a_moment_ago_changes_nothing(ada):
    maya = make_user("maya")
    User.objects.filter(pk=ada.pk).update(role=Role.VIEWER)
    for change in (
        lambda: changes.set_role(maya, Role.ADMIN, was="operator", by=by(ada)),
        lambda: changes.switch(maya, on=False, by=by(ada)),
        lambda: changes.sign_out(maya, by(ada)),
        lambda: changes.link_of(maya, by(ada)),
        lambda: invited(ada),
    ):
        with pytest.raises(PersonConflict, match="no longer an admin"):
            change()
    assert not AuditEntry.objects.exists()


def test_switching_off_ends_sessions_and_keeps_the_person(ada):
    maya, browser = make_user("maya"), Client()
    browser.force_login(maya)
    assert browser.get("/workers/").status_code == 200
    changes.switch(maya, on=False, by=by(ada))
    assert browser.get("/workers/")["Location"].startswith("/accounts/login/")
    assert not Session.objects.exists() and User.objects.filter(username="maya").exists()
    with pytest.raises(PersonConflict, match="off already"):
        changes.switch(maya, on=False, by=by(ada))
    browser.force_login(maya)  # as one who signs in in the very moment of being switched off
    changes.switch(maya, on=True, by=by(ada))
    maya.refresh_from_db()
    assert maya.is_active and browser.get("/workers/").status_code == 302


def test_signing_out_ends_every_session_of_that_person_alone(ada):
    maya = make_user("maya")
    browsers = [Client(), Client(), Client()]
    for browser, person in zip(browsers, (maya, maya, ada), strict=True):
        browser.force_login(person)
    assert changes.sign_out(maya, by(ada)) == 2
    assert [b.get("/workers/").status_code for b in browsers] == [302, 302, 200]


def test_expired_sessions_go_when_somebody_signs_in(ada):
    Client().force_login(ada)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    Client().force_login(ada)
    assert Session.objects.count() == 1


@pytest.mark.parametrize("name", ["system", "Somebody"])
def test_names_that_stand_for_nobody_are_taken(ada, name):
    with pytest.raises(PersonRefused, match="taken"):
        invited(ada, name)


def test_who_invites_a_moment_later_is_told_that_the_name_is_taken(ada, monkeypatch):
    def meanwhile(by):
        User.objects.create_user("jonas")

    monkeypatch.setattr(changes, "still_admin", meanwhile)
    with pytest.raises(PersonRefused, match="jonas is taken"):
        invited(ada)


def test_asking_for_a_page_is_noted_once_a_minute(ada):
    browser, long_ago = Client(), timezone.now() - timedelta(hours=1)
    browser.force_login(ada)
    browser.get("/people/")
    ada.refresh_from_db()
    assert ada.seen_on is None  # signing in says it
    User.objects.update(last_login=long_ago)
    browser.get("/people/")
    ada.refresh_from_db()
    assert timezone.now() - ada.seen_on < timedelta(minutes=1)


def test_who_is_here_is_noted_once_a_minute(ada):
    assert note_seen(ada, T0) and note_seen(ada, T0 + timedelta(seconds=50))
    ada.refresh_from_db()
    assert ada.seen_on == T0
    assert note_seen(ada, T0 + timedelta(seconds=70))
    ada.refresh_from_db()
    assert ada.seen_on == T0 + timedelta(seconds=70)
    User.objects.update(is_active=False)
    assert not note_seen(ada, T0 + timedelta(hours=1))


def test_machines_get_no_link(ada):
    robot = invited(ada, "ci-bot", by_token_only=True)
    with pytest.raises(PersonRefused, match="no password to set"):
        changes.link_of(robot, by(ada))
