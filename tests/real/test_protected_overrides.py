"""Overrides that need a permission, through a real Envoy: what is honored, and what Workers see."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import quote

import pytest

from routing.compile import names
from routing.compile.names import KEY, PERMISSION
from routing.rules.permissions.permission import COOKIE, Permission
from routing.rules.permissions.token import new_key, sign
from routing.rules.split import TOTAL
from routing.snapshot import Overrides
from tests.real.edge import Reply
from tests.real.plane import Plane

pytestmark = pytest.mark.real

PRIVATE, PUBLIC = new_key()
HOST = "echo.localhost"
LASTS = 24 * 3600
SOON = int(time.time()) + LASTS
PROTECTED = Overrides(
    protected=True, keys={"k1": base64.b64encode(PUBLIC).decode()}, revoked=("gone",)
)


@pytest.fixture
def protected(plane: Plane) -> Iterator[Plane]:
    """`echo` with its new version at 0%, its overrides protected."""
    plane.split(0)
    plane.edge.check_overrides("echo", PROTECTED)
    plane.edge.publish()
    yield plane
    plane.edge.check_overrides("echo", None)
    plane.edge.publish()


def token(plane: Plane, **changes: object) -> str:
    fields = {"id": "p1", "person": "ann", "worker": "echo", "version_id": plane.new_id}
    return sign(Permission(**fields | {"expires_at": SOON, "host": HOST} | changes), "k1", PRIVATE)


def decided(reply: Reply) -> tuple[str, str, str]:
    told = (reply.headers.get(f"x-sluice-{n}", "") for n in ("override", "permission"))
    return (reply.json["id"], *told)  # type: ignore[return-value]


def test_only_a_valid_permission_opens_a_version(protected: Plane) -> None:
    plane, ask = protected, protected.override(protected.new_id)
    forged = token(plane)[:-8] + "AAAAAAAA"
    refused = {
        "": "missing",
        forged: "forged",
        token(plane, expires_at=1): "expired",
        token(plane, id="gone"): "revoked",
        token(plane, worker="caller"): "other_worker",
        token(plane, version_id=plane.old_id): "other_version",
        token(plane, host="caller.localhost"): "other_host",
    }
    for carried, fault in refused.items():
        sent = ask | ({PERMISSION: carried} if carried else {})
        reply = plane.edge.get("echo", headers=sent)
        assert decided(reply) == (plane.old_id, "not_permitted", fault)
        assert reply.headers["x-sluice-reason"] == "percentage"
        if fault != "missing":
            reply = plane.edge.get("echo", headers={"cookie": f"a=1; {COOKIE}={carried}; b=2"})
            expected = "applied" if fault == "other_version" else "not_permitted"
            assert decided(reply)[1] == expected, fault
            assert reply.json["headers"]["cookie"] == "a=1; b=2"
    line = plane.edge.log("proof", outcome="not_permitted")
    assert names.override_outcome(names.parse_route(line["route"])[1], line["outcome"])
    assert forged not in (plane.edge.folder / names.log_file("proof")).read_text()

    reply = plane.edge.get("echo", headers=ask | {PERMISSION: token(plane), "cookie": "a=1"})
    assert decided(reply) == (plane.new_id, "applied", "")
    assert reply.json["headers"]["cookie"] == "a=1"
    assert PERMISSION not in reply.json["headers"]
    keyed = plane.edge.get("echo", headers=ask | {KEY: "user-1"})
    assert (keyed.headers["x-sluice-reason"], decided(keyed)[0]) == ("affinity", plane.old_id)
    forged_outcome = {"x-edge-permission": token(plane), "x-edge-version": plane.new_id}
    assert plane.edge.get("echo", headers=ask | forged_outcome).json["id"] == plane.old_id


def test_a_shared_link_opens_the_version_until_it_is_left(protected: Plane) -> None:
    plane, edge = protected, protected.edge
    link = f"{names.LINK_PATH}?permission={token(plane)}&path={quote('/cart?a=1')}"
    reply = edge.get("echo", link, proof=False)
    assert (reply.status, reply.headers["location"], reply.text) == (303, "/cart?a=1", "")
    morsel = SimpleCookie(reply.headers["set-cookie"])[COOKIE]
    assert (morsel["domain"], morsel["path"], morsel["samesite"]) == ("", "/", "Lax")
    assert 0 < int(morsel["max-age"]) <= LASTS and morsel["httponly"]

    mine = {"cookie": f"session=7; {COOKIE}={morsel.value}"}
    found = edge.get("echo", headers=mine)
    assert decided(found) == (plane.new_id, "applied", "")
    assert found.headers["x-sluice-reason"] == "override"
    assert found.json["headers"]["cookie"] == "session=7"
    assert edge.get("echo").json["id"] == plane.old_id
    edge.check_overrides("echo", Overrides(keys=PROTECTED.keys))  # links need no protection
    assert edge.get("echo", headers=mine).json["id"] == plane.new_id
    edge.check_overrides("echo", Overrides(keys=PROTECTED.keys, revoked=("p1",)))
    assert decided(edge.get("echo", headers=mine)) == (plane.old_id, "not_permitted", "revoked")
    assert edge.get("echo", link, proof=False).status == 410

    left = edge.get("echo", names.LEAVE_PATH, headers=mine, proof=False)
    assert (left.status, left.headers["location"]) == (303, "/")
    assert SimpleCookie(left.headers["set-cookie"])[COOKIE]["max-age"] == "0"
    line = edge.log("public", path=names.LINK_PATH)
    assert morsel.value not in str(line) and line["route"] == names.LINK
    assert edge.get("caller", link).status == 200  # no Worker's path where nothing is checked


def test_a_worker_sees_no_cookie_when_nobody_decides_in_time(protected: Plane) -> None:
    edge = protected.edge
    edge.decide_delay = 0.4
    mine = {"cookie": f"session=7; {COOKIE}={token(protected)}"}
    reply = edge.get("echo", headers=mine)
    assert decided(reply) == (protected.old_id, "unavailable", "")
    assert "cookie" not in reply.json["headers"]
    edge.decide_delay = 0.0
    assert decided(edge.get("echo", headers=mine))[0] == protected.new_id


def test_a_permission_goes_with_the_request_to_a_protected_worker_behind(protected: Plane) -> None:
    """`caller` forwards the request's headers; the permission is not among them."""
    plane = protected
    ask = plane.override(plane.new_id)
    free = token(plane, host="")
    for carried, version in (({}, plane.old_id), ({PERMISSION: free}, plane.new_id)):
        reply = plane.edge.get("caller", "/forward", headers=ask | carried)
        assert reply.json["id"] == version
        assert PERMISSION not in reply.json["headers"]
    assert plane.edge.worker("echo").deployment.shares[0].weight < TOTAL
