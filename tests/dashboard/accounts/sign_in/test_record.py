"""Who came in is in the audit trail; who did not, in the log."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from dashboard.accounts.models import Role
from routing.log_lines import FACTS
from routing.models import AuditEntry
from tests.dashboard.accounts.sign_in.test_openid import enter, provider, server
from tests.factories import make_user

pytestmark = pytest.mark.django_db
__all__ = ["provider", "server"]  # fixtures
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def events(caplog):
    caplog.set_level(logging.INFO, "sluice.security")
    return lambda: [getattr(row, FACTS) for row in caplog.records if row.name == "sluice.security"]


def sign_in(name: str, password: str = "pw") -> Client:
    client = Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.9")
    client.post("/accounts/login/", {"username": name, "password": password})
    return client


def test_a_sign_in_is_recorded_with_address_and_factors(events):
    make_user("maya")
    client = sign_in("maya")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.address) == ("sign_in.success", "maya", "203.0.113.9")
    assert entry.after == {"with": ["password"], "browser": "Firefox 140 on Linux"}
    client.post("/accounts/logout/")
    assert [(e["event"], e["user"]) for e in events()] == [
        ("sign_in.success", "maya"),
        ("sign_out", "maya"),
    ]
    assert events()[0]["request_id"] == entry.request_id


def test_so_is_one_through_the_provider(client, provider):
    enter(client, provider)
    entry = AuditEntry.objects.get(action="sign_in.success")
    assert (entry.subject, entry.after["with"]) == ("noor", ["provider"])


def test_a_wrong_password_is_logged_and_never_what_was_typed(events, caplog):
    make_user("maya")
    sign_in("maya", "wrong horse")
    sign_in("battery staple", "wrong horse")
    assert [(e["event"], e["user"], e["address"]) for e in events()] == [
        ("sign_in.failure", "maya", "203.0.113.9"),
        ("sign_in.failure", None, "203.0.113.9"),
    ]
    assert "horse" not in caplog.text and "staple" not in caplog.text
    assert not AuditEntry.objects.exists()


def test_sign_ins_are_on_the_page_where_they_are_asked_for():
    make_user("ada", Role.ADMIN)
    client = sign_in("ada")
    assert b"signed in as" not in client.get("/activity/").content
    assert b"signed in as" in client.get("/activity/?kind=sign_in").content
    assert b"signed in as" in client.get("/activity/?about=ada").content


def test_a_token_that_opens_nothing_is_logged_without_it(events, caplog):
    headers = {"Authorization": "Bearer slc_guess"}
    answer = Client(REMOTE_ADDR="203.0.113.9").get("/api/reviews", headers=headers)
    assert answer.status_code == 403
    assert [(e["event"], e["address"]) for e in events()] == [("api.token_failure", "203.0.113.9")]
    assert "slc_guess" not in caplog.text
