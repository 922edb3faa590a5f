"""Overrides under `/api/`: the switch and the links, by scope."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.accounts.models import Role
from routing.models import AuditEntry, OverrideLink, Worker
from tests.dashboard.api.conftest import Api
from tests.factories import make_deployment, make_user, make_worker

pytestmark = pytest.mark.django_db
HOME = "/api/workers/shop/overrides"


@pytest.fixture
def shop() -> Worker:
    worker = make_worker("shop", versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (new, 0), (old, 100))
    return worker


def caller(role: Role, *scopes: str) -> Any:
    api = Api(make_user(f"{role}-ci", role), list(scopes), agent="curl/8")

    def call(method: str, path: str = "", body: Any = b"") -> tuple[int, Any]:
        answer = api.raw(method, path, body, prefix=HOME)
        return answer.status_code, answer.json()

    return call


def test_a_link_is_made_listed_and_revoked(shop: Worker) -> None:
    ci = caller(Role.OPERATOR, "read", "deploy")
    status, made = ci("POST", "/links", {"lasts": "8h", "note": "Zelda", "path": "/cart"})
    assert status == 201 and made["permission"] in made["url"]
    assert made["version_id"] == str(shop.versions.newest_first()[0].pk)
    status, listed = ci("GET", "/links")
    assert status == 200 and [link["note"] for link in listed] == ["Zelda"]
    assert {"url", "permission"}.isdisjoint(listed[0]) and listed[0]["state"] == "live"
    assert ci("GET")[1] == {"worker": "shop", "protected": False, "live_links": 1}
    assert ci("POST", f"/links/{made['id']}/revoke")[1]["state"] == "revoked"
    assert ci("POST", f"/links/{made['id']}/revoke")[0] == 200
    assert ci("GET", "/links")[1] == []
    assert [link["state"] for link in ci("GET", "/links?show=all")[1]] == ["revoked"]
    assert AuditEntry.objects.filter(action="override.link", source="api").count() == 1


@pytest.mark.parametrize(
    ("given", "status", "code", "field"),
    [
        ({"lasts": "soon"}, 422, "invalid", "lasts"),
        ({"lasts": "1s"}, 422, "invalid", "lasts"),
        ({"path": "//evil"}, 422, "invalid", "path"),
        ({"version_id": "none"}, 422, "unknown_version", "version_id"),
        ({"for": "8h"}, 422, "invalid", "for"),
    ],
)
def test_what_is_wrong_is_named(
    shop: Worker, given: dict[str, str], status: int, code: str, field: str
) -> None:
    found = caller(Role.OPERATOR, "deploy")("POST", "/links", given)
    assert (found[0], found[1]["error"], found[1]["field"]) == (status, code, field)
    assert not OverrideLink.objects.exists()


def test_scopes_and_roles_count(shop: Worker) -> None:
    reader, ci = caller(Role.VIEWER, "read"), caller(Role.OPERATOR, "deploy")
    admin = caller(Role.ADMIN, "admin")
    assert reader("POST", "/links", {})[0] == 403
    assert ci("PUT", "", {"protected": True})[0] == 403
    assert admin("PUT", "", {"protected": True})[1]["protected"]
    assert Worker.objects.get().overrides_protected
    missing = "00000000-0000-4000-8000-000000000000"
    assert ci("POST", f"/links/{missing}/revoke")[:1] == (404,)
