"""A second factor: setting one up, signing in with it, losing it, and where everybody needs one."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from dashboard.accounts.attempts.models import AttemptCount
from dashboard.accounts.models import Role, Session
from routing.models import AuditEntry
from tests.factories import make_user

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def no_tries():
    cache.clear()  # allauth counts wrong codes there


def code(secret: str = SECRET, ahead: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


@pytest.fixture
def noor():
    """Has an authenticator app and recovery codes."""
    user = make_user("noor")
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def enter(client: Client, name: str = "noor", **fields: str):
    return client.post("/accounts/login/", {"username": name, "password": "pw", **fields})


def test_a_right_password_alone_opens_nothing(client, noor):
    assert enter(client, next="/playground/")["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/workers/").status_code == 302
    assert not Session.objects.filter(user=noor).exists()
    page = client.get("/accounts/2fa/authenticate/")
    assert b"Your password was right." in page.content and b"Use a passkey" not in page.content
    assert (
        client.post("/accounts/2fa/authenticate/", {"code": code()})["Location"] == "/playground/"
    )
    assert client.get("/workers/").status_code == 200


def test_a_wrong_code_is_refused_and_tries_end(client, noor):
    enter(client)
    for _ in range(5):
        page = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert b"This code is not right." in page.content
    page = client.post("/accounts/2fa/authenticate/", {"code": code()})
    assert page.status_code == 429 and 0 < int(page["Retry-After"]) <= 60
    assert b"Too many attempts. Try again in " in page.content
    assert client.get("/workers/").status_code == 302
    AttemptCount.objects.update(used_until=timezone.now())  # the wait that was named is over
    assert client.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 302
    assert client.get("/workers/").status_code == 200


def test_a_code_works_once(client, noor):
    used = code()
    enter(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": used}).status_code == 302
    other = Client()
    enter(other)
    assert other.post("/accounts/2fa/authenticate/", {"code": used}).status_code == 200


def test_a_recovery_code_works_once(client, noor):
    [first, *_] = RecoveryCodes(
        Authenticator.objects.get(user=noor, type="recovery_codes")
    ).get_unused_codes()
    enter(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": first}).status_code == 302
    other = Client()
    enter(other)
    assert other.post("/accounts/2fa/authenticate/", {"code": first}).status_code == 200


def test_a_new_password_by_link_still_asks_for_the_factor(client, noor, make_link):
    path = make_link(noor)
    form = client.get(path, follow=True)
    answer = client.post(
        form.redirect_chain[-1][0],
        {"new_password1": "correct horse 9", "new_password2": "correct horse 9"},
    )
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/workers/").status_code == 302


@pytest.fixture
def make_link():
    from django.utils import timezone

    from dashboard.accounts.actor import Actor
    from dashboard.accounts.people.changes import link_of

    admin = make_user("root", Role.ADMIN)
    return lambda user: link_of(user, Actor(actor=admin, source="dashboard", now=timezone.now()))


def test_setting_up_an_app_asks_for_the_password_first(client):
    make_user("maya")
    enter(client, "maya")
    assert b"Off" in client.get("/accounts/2fa/").content
    answer = client.get("/accounts/2fa/totp/activate/")
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    wrong = client.post(answer["Location"], {"password": "no"})
    assert wrong.status_code == 200 and b"field-error" in wrong.content
    assert client.post(answer["Location"], {"password": "pw"})["Location"].endswith("/activate/")
    page = client.get("/accounts/2fa/totp/activate/")
    secret = re.search(rb'id="totp-key" readonly value="([A-Z2-7]+)"', page.content)
    assert secret and b"<svg" in page.content
    done = client.post("/accounts/2fa/totp/activate/", {"code": code(secret[1].decode())})
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    assert b"10 of 10" in client.get(done["Location"]).content
    assert {e.action for e in AuditEntry.objects.all()} >= {"person.second_factor_add"}


def test_keys_are_sealed_in_the_database(noor):
    rows = Authenticator.objects.filter(user=noor).values_list("data", flat=True)
    assert SECRET not in str(list(rows))


def test_where_everybody_needs_one_nothing_else_opens(client, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    user = make_user("maya")
    enter(client, "maya")
    assert client.get("/workers/")["Location"] == "/accounts/2fa/"
    assert client.post("/people/invite/")["Location"] == "/accounts/2fa/"
    assert client.get("/api/")["Location"] == client.get("/client/v4/")["Location"]
    assert client.get("/api/")["Location"] == "/accounts/2fa/"
    assert b"Add a second factor to go on" in client.get("/accounts/2fa/").content
    TOTP.activate(user, SECRET)
    assert client.get("/workers/").status_code == 200
    assert b"to go on" not in client.get("/accounts/2fa/").content


def test_the_last_one_stays_where_everybody_needs_one(client, settings, noor):
    settings.REQUIRE_SECOND_FACTOR = True
    enter(client)
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    client.post("/accounts/reauthenticate/", {"password": "pw"})
    answer = client.post("/accounts/2fa/totp/deactivate/")
    assert b"add another one before" in answer.content
    assert Authenticator.objects.filter(user=noor, type="totp").exists()


def test_an_admin_removes_the_factor_of_a_lost_device(client, noor):
    admin = Client()
    admin.force_login(make_user("root", Role.ADMIN))
    mine = Client()
    mine.force_login(noor)
    assert b"Remove second factor" in admin.get("/people/").content
    admin.post(f"/people/{noor.pk}/", {"do": "second-factor"})
    assert mine.get("/workers/").status_code == 302, "their sessions end"
    assert enter(client)["Location"] == "/workers/"
    entry = AuditEntry.objects.get(action="person.second_factor_reset")
    assert (entry.actor, entry.subject, entry.after) == ("root", "noor", {"factors": 1})


def test_only_an_admin_removes_it(maya, noor):
    assert maya.post(f"/people/{noor.pk}/", {"do": "second-factor"}).status_code == 403
    assert Authenticator.objects.filter(user=noor).exists()


def test_the_command_removes_it_too(noor, capsys):
    call_command("second_factor", "list")
    assert "noor: authenticator app" in capsys.readouterr().out
    call_command("second_factor", "remove", "noor")
    assert "1 second factor removed" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no person called nobody"):
        call_command("second_factor", "remove", "nobody")


def test_accounts_of_machines_have_no_door(client):
    make_user("ci", by_token_only=True)
    assert enter(client, "ci").status_code == 401


def test_the_first_factor_ends_sessions_that_began_without_one(client, settings):
    """Else a person who knows only the password goes on with the factor of another."""
    settings.REQUIRE_SECOND_FACTOR = True
    make_user("maya")
    stranger = Client()
    for browser in (stranger, client):
        enter(browser, "maya")
    client.post("/accounts/reauthenticate/", {"password": "pw"})
    page = client.get("/accounts/2fa/totp/activate/")
    [secret] = re.findall(rb'id="totp-key" readonly value="([A-Z2-7]+)"', page.content)
    done = client.post("/accounts/2fa/totp/activate/", {"code": code(secret.decode())}, follow=True)
    assert b"Your other browsers are signed out." in done.content
    assert client.get("/workers/").status_code == 200
    assert stranger.get("/workers/")["Location"].startswith("/accounts/login/")
