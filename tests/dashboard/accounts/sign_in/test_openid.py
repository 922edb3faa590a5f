"""Signing in through a real OpenID Connect provider on loopback."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from requests import Response

from dashboard.accounts.models import Role, User
from dashboard.accounts.sign_in.openid import OpenIdAdapter
from routing.models import AuditEntry
from tests.dashboard.accounts.sign_in.openid_provider import Provider, running
from tests.factories import make_user

pytestmark = pytest.mark.django_db
CLICKED = {"Sec-Fetch-Site": "same-origin"}
NOOR = {"sub": "7", "preferred_username": "noor", "email": "noor@example.test"}


@pytest.fixture(scope="module")
def server():
    with running() as provider:
        yield provider


@pytest.fixture
def provider(server, settings):
    cache.clear()
    server.broken, server.claims = "", NOOR | {"email_verified": True, "groups": ["developers"]}
    server.in_token, server.signer, server.algorithm, server.issuer = {}, None, "RS256", ""
    settings.OIDC_URL, settings.OIDC_NAME = server.url, "Example ID"
    settings.OIDC_ROLES, settings.OIDC_DEFAULT_ROLE = "developers=operator,ops=admin", "none"
    app = {"provider_id": "sso", "name": "Example ID", "client_id": "sluice", "secret": "s"}
    apps = [app | {"settings": {"server_url": server.url}}]
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}
    }
    return server


def enter(client: Client, provider: Provider, onto: str = "/playground/"):
    page = client.get("/accounts/login/")
    assert b"Continue with Example ID" in page.content
    away = client.get(f"/accounts/oidc/sso/login/?next={onto}", headers=CLICKED)
    assert away["Location"].startswith(f"{provider.url}/authorize?")
    back = provider.authorize(away["Location"])
    return client.get(back.removeprefix("http://testserver"))


def test_a_new_person_comes_in_with_the_role_of_their_group(client, provider):
    assert enter(client, provider)["Location"] == "/playground/"
    assert client.get("/workers/").status_code == 200
    user = User.objects.get(username="noor")
    assert (user.role, user.email, user.has_usable_password()) == (
        Role.OPERATOR,
        "noor@example.test",
        False,
    )
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert "person.openid_create" in actions


def test_the_role_follows_the_groups_at_each_sign_in(client, provider):
    enter(client, provider)
    provider.claims["groups"] = ["ops"]
    enter(Client(), provider)
    assert User.objects.get().role == Role.ADMIN
    entry = AuditEntry.objects.get(action="person.role")
    assert (entry.before, entry.after, entry.source) == ("operator", "admin", "openid")


def test_without_a_group_there_is_no_access_and_no_account(client, provider):
    provider.claims["groups"] = ["sales"]
    answer = enter(client, provider)
    assert answer.status_code == 403 and b"None of your groups" in answer.content
    assert not User.objects.exists() and client.get("/workers/").status_code == 302


def test_a_verified_address_leads_to_the_person_who_has_it(client, provider):
    maya = make_user("maya")
    provider.claims |= {"email": maya.email, "preferred_username": "m"}
    enter(client, provider)
    assert client.get("/accounts/").context["user"] == maya
    assert User.objects.count() == 1


def test_an_unverified_address_leads_nowhere_else(client, provider):
    maya = make_user("maya")
    provider.claims |= {"email": maya.email, "email_verified": False}
    enter(client, provider)
    assert client.get("/accounts/").context["user"].username == "noor"


@pytest.mark.parametrize("taken", ["noor", "NOOR"])
def test_a_name_of_another_person_is_not_taken_over(client, provider, taken):
    make_user(taken, role=Role.ADMIN)
    provider.claims["email"] = "else@example.test"
    answer = enter(client, provider)
    assert answer.status_code == 403 and b"cannot be used here" in answer.content
    assert client.get("/workers/").status_code == 302


@pytest.mark.parametrize("name", ["system", "<b>noor</b>"])
def test_names_that_cannot_be_are_refused(client, provider, name):
    provider.claims["preferred_username"] = name
    answer = enter(client, provider)
    assert answer.status_code == 403 and b"<b>noor" not in answer.content
    assert not User.objects.exists()


def test_who_is_switched_off_stays_out(client, provider):
    enter(client, provider)
    User.objects.update(is_active=False)
    answer = enter(Client(), provider)
    assert answer.status_code == 403 and b"switched off" in answer.content


def test_a_sign_in_that_nobody_began_is_refused(client, provider):
    answer = client.get("/accounts/oidc/sso/login/callback/?code=x&state=forged")
    assert answer.status_code in (401, 502) and client.get("/workers/").status_code == 302


@pytest.mark.parametrize("step", ["/token", "/userinfo"])
def test_a_provider_that_fails_is_named(client, provider, step):
    provider.broken = step
    answer = enter(client, provider)
    assert answer.status_code == 502 and b"Example ID did not confirm" in answer.content


def test_the_provider_asks_for_factors_where_everybody_needs_one(client, provider, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    enter(client, provider)
    assert client.get("/workers/").status_code == 200


def test_the_last_admin_stays_one_whatever_the_claims_say(client, provider):
    maya = make_user("maya", Role.ADMIN)
    make_user("ci", Role.ADMIN, by_token_only=True)
    provider.claims["email"] = maya.email
    enter(client, provider)
    maya.refresh_from_db()
    assert maya.role == Role.ADMIN
    make_user("noor", Role.ADMIN)
    enter(Client(), provider)
    maya.refresh_from_db()
    assert maya.role == Role.OPERATOR


@pytest.mark.parametrize("onto", ["http://localhost/", "//example.test/", "https://testserver.x/"])
def test_no_other_host_is_gone_to_after_signing_in(client, provider, onto):
    assert enter(client, provider, onto)["Location"] == "/workers/"


@pytest.mark.parametrize("process", ["connect", "redirect"])
def test_an_address_cannot_name_another_process_than_signing_in(client, provider, process):
    client.force_login(make_user("maya"))
    address = f"/accounts/oidc/sso/login/?process={process}&next=/playground/"
    away = client.get(address, headers=CLICKED)
    back = provider.authorize(away["Location"])
    answer = client.get(back.removeprefix("http://testserver"))
    assert answer["Location"] == "/playground/"
    assert client.get("/accounts/").context["user"].username == "noor"


def test_no_request_to_the_provider_follows_a_redirect():
    assert _allowed_redirects("POST") is False and _allowed_redirects("get") is False


def _allowed_redirects(method):
    session, seen = OpenIdAdapter().get_requests_session(), {}
    session.send = lambda prepared, **options: seen.update(options) or Response()
    session.request(method, "http://127.0.0.1:9/")
    return seen["allow_redirects"]
