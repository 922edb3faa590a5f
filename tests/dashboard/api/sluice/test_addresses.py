"""Addresses, scopes, limits and the reference of Sluice's own API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from dashboard.accounts.models import Role, Token
from dashboard.api.sluice.api import api as served
from dashboard.api.sluice.urls import urlpatterns
from tests.dashboard.api.sluice.conftest import OwnApi
from tests.dashboard.rollouts.conftest import Scene
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_scopes_reading_and_deploying(ci: OwnApi, scene: Scene) -> None:
    reader = OwnApi(make_user("eva", Role.VIEWER), ["read"])
    assert reader("GET", "/rollouts") == (200, [])
    status, body = reader.start(scene)
    assert (status, body["error"]) == (403, "forbidden")
    assert "deploy" in body["message"]
    ci.put_yaml("name: smoke\nchecks: [{name: a, request: {headers: {cookie: hunter22}}}]")
    for path in ("/suites/smoke", "/suites/smoke?format=yaml"):
        assert "hunter22" in str(ci("GET", path)[1])
        assert "hunter22" not in str(reader("GET", path)[1])
    stranger = Client().get("/api/workers/checkout/rollouts")
    assert (stranger.status_code, stranger.json()["error"]) == (400, "no_token")


def test_a_token_for_one_worker_reads_all_and_changes_one(ci: OwnApi, scene: Scene) -> None:
    Token.objects.filter(pk=ci.token.pk).update(workers=["shop"])
    assert ci("GET", "/rollouts")[0] == 200
    assert ci.start(scene)[1]["error"] == "forbidden"


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/workers/ghost/rollouts", 404, "unknown_worker"),
        ("GET", "/workers/checkout/suites/ghost", 404, "unknown_suite"),
        ("GET", "/workers/checkout/suites/a%00b", 404, "unknown_suite"),
        ("GET", "/workers/checkout/rollouts/1", 422, "invalid"),
        ("DELETE", "/workers/checkout/rollouts", 405, "method_not_allowed"),
        ("GET", "/ghost", 404, "unknown_address"),
    ],
)
def test_addresses_that_lead_nowhere(
    ci: OwnApi, method: str, path: str, status: int, error: str
) -> None:
    answer = ci.raw(method, path, prefix="/api")
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_body_that_is_no_json_is_refused(ci: OwnApi) -> None:
    for path in ("/rollouts", "/runs"):
        status, body = ci("POST", path, b"{")
        assert (status, body["error"]) == (400, "invalid")
    assert ci("PUT", "/suites/smoke", b"[]")[1]["error"] == "invalid_suite"


def test_the_page_and_the_document_are_made_of_what_is_served(client: Client, ci: OwnApi) -> None:
    document = served.get_openapi_schema()
    paths = {
        "/api/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        for pattern in urlpatterns
        if "^" not in str(pattern.pattern)
    }
    assert paths - set(document["paths"]) == {"/api/", "/api/openapi.json"}
    assert ci.raw("GET", "/openapi.json", prefix="/api").json()["openapi"].startswith("3.")
    found = set(re.findall(r"#/components/schemas/([^'\"]+)", str(dict(document))))
    assert found <= set(document["components"]["schemas"])
    client.force_login(ci.token.user)
    html = client.get("/api/").content.decode()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["security"] and operation["description"]
            assert f"<code>{method.upper()} {path}</code>" in html
    assert 'href="/api/"' in client.get("/client/v4/").content.decode()


def test_lists_take_a_constant_number_of_queries(
    ci: OwnApi,
    ramping: Scene,
    django_assert_num_queries: Any,
) -> None:
    path = f"/rollouts/{ramping.rollout().pk}"
    ci("GET", path)
    with django_assert_num_queries(4):  # token, Worker, rollout, events
        ci("GET", path)
    with django_assert_num_queries(3):
        ci("GET", "/rollouts")


def test_a_body_that_is_too_large_is_the_callers_fault(ci: OwnApi, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    status, body = ci.put_yaml("x" * 2000)
    assert (status, body["error"]) == (413, "too_large")
    path = "/client/v4/accounts/{}/workers/scripts/checkout/deployments"
    given = {"strategy": "x" * 2000}
    answer = ci.raw("POST", path.format(settings.ACCOUNT_ID), given, prefix="")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, 10026)
