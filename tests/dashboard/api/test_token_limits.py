"""Tokens that have ended, and tokens for some Workers only."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from dashboard.accounts.models import Role, Token
from dashboard.api.api import api
from dashboard.api.sluice.api import api as own
from routing.models import Worker
from tests.dashboard.api.conftest import Api
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db
TELEMETRY = "/client/v4/accounts/{account_id}/workers/observability/telemetry"
READ_BY_POST = {
    "/client/v4/graphql",
    "/client/v4/accounts/{account_id}/analytics_engine/sql",
    *(f"{TELEMETRY}/{n}" for n in ("query", "keys", "values")),
}
BY_LINK = {"/client/v4/accounts/{account_id}/d1/upload/{token}"}
"""Refused for what the link is."""
SUBDOMAIN = {"enabled": True, "previews_enabled": True}


@pytest.fixture
def narrow():
    """May change shop only; pricing is there too."""
    make_worker("shop")
    make_worker("pricing")
    api = Api(make_user("ci", Role.ADMIN), ["admin"])
    Token.objects.update(workers=["shop"])
    return api


def test_its_worker_can_be_changed_by_name_and_by_tag(narrow):
    tag = Worker.objects.get(name="shop").tag
    assert narrow("POST", "/workers/scripts/shop/subdomain", SUBDOMAIN).status == 200
    assert narrow.post("shop").status == 200
    for asked in ("shop", tag):
        answer = narrow("PATCH", f"/workers/workers/{asked}", {"subdomain": {"enabled": True}})
        assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/workers/scripts/pricing/subdomain", SUBDOMAIN),
        ("PUT", "/workers/scripts/pricing/secrets", {"name": "A", "text": "b"}),
        ("DELETE", "/workers/scripts/pricing", b""),
        ("DELETE", "/workers/services/pricing", b""),
        ("PATCH", "/workers/workers/pricing", {"subdomain": {"enabled": True}}),
        ("POST", "/workers/workers", {"name": "another"}),
        ("POST", "/logpush/jobs", {"destination_conf": "file:///x"}),
    ],
)
def test_everything_else_is_refused_and_says_why(narrow, method, path, body):
    answer = narrow(method, path, body)
    assert answer.refusal == (403, 9109)
    assert "This token changes only shop, not " in answer.message
    assert Worker.objects.count() == 2


def test_another_worker_by_its_tag_is_refused_too(narrow):
    tag = Worker.objects.get(name="pricing").tag
    answer = narrow("DELETE", f"/workers/workers/{tag}")
    assert answer.refusal == (403, 9109) and "not pricing" in answer.message


def test_uploads_and_deployments_of_others_are_refused(narrow):
    assert narrow.put("pricing").refusal == (403, 9109)
    assert narrow.post("pricing").refusal == (403, 9109)
    assert narrow("POST", "/workers/scripts/pricing/deployments", {}).refusal == (403, 9109)


def test_tails_of_others_are_neither_opened_nor_ended(narrow):
    assert narrow("POST", "/workers/scripts/pricing/tails", {}).refusal == (403, 9109)
    path = f"/workers/scripts/pricing/tails/{uuid4()}"
    assert narrow("DELETE", path).refusal == (403, 9109)
    assert narrow("POST", "/workers/scripts/shop/tails", {}).status == 200


def test_every_operation_that_changes_something_asks_about_a_worker_or_is_refused(narrow):
    """Whatever is added to the API: with a token for another Worker it answers 403."""
    given = dict.fromkeys(["script_name", "name", "worker_id"], "pricing")
    given["account_id"] = settings.ACCOUNT_ID
    refused = {}
    for served, prefix in ((api, "/client/v4"), (own, "/api")):
        for path, methods in operations(served):
            filled = re.sub(r"{(?:\w+:)?(\w+)}", lambda m: given.get(m[1], "1"), path)
            for method in methods - {"GET"}:
                answer = narrow.raw(method, filled, prefix=prefix)
                refused[method, prefix + path] = answer.status_code
    assert len(refused) > 30
    assert {
        path for (_, path), status in refused.items() if status != 403
    } == READ_BY_POST | BY_LINK


def operations(served):
    """Every path of an API with its methods."""
    for prefix, router in served._routers:
        for path, view in router.path_operations.items():
            yield prefix + path, {m for operation in view.operations for m in operation.methods}


def test_it_reads_everything(narrow):
    assert narrow("GET", "/workers/scripts/pricing/versions").status == 200
    assert len(narrow("GET", "/workers/scripts").result) == 2


def test_an_expired_token_says_so_and_opens_nothing(narrow):
    Token.objects.update(expires_on=timezone.now() + timedelta(hours=1))
    verified = narrow.raw("GET", "/user/tokens/verify").json()["result"]
    assert verified["status"] == "active" and verified["expires_on"]
    Token.objects.update(expires_on=timezone.now() - timedelta(hours=1))
    answer = narrow("GET", "/workers/scripts")
    assert answer.refusal == (403, 9109) and "this token expired on" in answer.message


def test_a_revoked_token_and_one_whose_owner_is_off_say_so(narrow):
    narrow.token.user.__class__.objects.update(is_active=False)
    assert "ci is switched off" in narrow("GET", "/workers/scripts").message
    Token.objects.update(revoked_on=timezone.now())
    assert "this token was revoked on" in narrow("GET", "/workers/scripts").message


def test_where_it_was_last_used_from_is_kept(narrow):
    narrow("GET", "/workers/scripts")
    assert Token.objects.get().last_used_from == "wrangler"
