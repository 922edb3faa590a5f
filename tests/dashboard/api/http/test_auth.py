from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.models import Role, Token
from tests.dashboard.api.conftest import Answer, Api
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def with_header(value: str | None) -> Answer:
    headers = {} if value is None else {"Authorization": value}
    return Answer(Client().get("/client/v4/user", headers=headers))


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "token"])
def test_without_a_bearer_token_the_answer_is_9106(header):
    assert with_header(header).refusal == (400, 9106)


@pytest.mark.parametrize("secret", ["wrong", "slc_" + "a" * 43, "ä", "a" * 5000])
def test_a_token_nobody_has_is_9109(secret):
    assert with_header(f"Bearer {secret}").refusal == (403, 9109)


def test_a_revoked_token_is_nobodys(api: Api):
    Token.objects.update(revoked_on=timezone.now())
    assert Answer(api.raw("GET", "/user")).refusal == (403, 9109)


def test_the_token_of_a_deactivated_person_is_nobodys(api: Api, alice):
    alice.is_active = False
    alice.save()
    assert Answer(api.raw("GET", "/user")).refusal == (403, 9109)


def test_a_session_alone_opens_nothing(alice):
    client = Client()
    client.force_login(alice)
    assert Answer(client.get("/client/v4/user")).refusal == (400, 9106)


def test_another_account_is_forbidden(api: Api):
    path = "/accounts/00000000000000000000000000000000/workers/scripts"
    assert Answer(api.raw("GET", path)).refusal == (403, 9109)


@pytest.mark.parametrize(
    ("role", "scopes", "may"),
    [
        (Role.VIEWER, ["read", "deploy", "admin"], "read"),
        (Role.OPERATOR, ["read", "deploy", "admin"], "deploy"),
        (Role.REVIEWER, ["read", "deploy", "admin"], "deploy"),
        (Role.ADMIN, ["read", "deploy", "admin"], "admin"),
        (Role.ADMIN, ["read"], "read"),
        (Role.ADMIN, ["deploy"], "deploy"),
        (Role.ADMIN, ["admin"], "admin"),
        (Role.ADMIN, [], ""),
        (Role.ADMIN, ["unknown"], ""),
    ],
)
def test_rights_are_the_lower_of_scopes_and_role(api: Api, role, scopes, may):
    api.put()
    bob = Api(make_user("bob", role), scopes)
    tried = {
        "read": bob("GET", "/workers/scripts"),
        "deploy": bob.post(),
        "admin": bob("DELETE", "/workers/scripts/shop"),
    }
    order = ["read", "deploy", "admin"]
    allowed = order[: order.index(may) + 1] if may else []
    assert [scope for scope in order if tried[scope].status == 200] == allowed
    for scope in set(order) - set(allowed):
        assert tried[scope].refusal == (403, 9109)
        assert f"'{scope}'" in tried[scope].message


def test_last_use_is_written_at_most_once_a_minute(api: Api):
    api.raw("GET", "/user")
    first = Token.objects.get().last_used_on
    api.raw("GET", "/user")
    assert first and Token.objects.get().last_used_on == first
    Token.objects.update(last_used_on=first - timedelta(minutes=2))
    api.raw("GET", "/user")
    assert Token.objects.get().last_used_on >= first


def test_the_source_is_wrangler_only_when_the_client_says_so(api: Api, alice):
    api.put()
    other = Api(alice, ["deploy"], agent="cloudflare-python/5.9.0")
    other.post()
    items = api("GET", "/workers/scripts/shop/versions").result["items"]
    assert [item["metadata"]["source"] for item in items] == ["api", "wrangler"]
