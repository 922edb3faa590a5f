"""The decide service where overrides are checked, and what it answers for shared links."""

import base64
from dataclasses import replace

import pytest

from routing.agent.answers.decide_server import Decider
from routing.agent.answers.permissions import CARRIED_SECONDS, Permits
from routing.agent.base.unix_http_server import Request
from routing.rules.permissions.permission import Permission
from routing.rules.permissions.token import new_key, sign
from routing.snapshot import Overrides
from tests.routing.agent.histories import make_worker, snapshot

PRIVATE, PUBLIC = new_key()
KEYS = {"k1": base64.b64encode(PUBLIC).decode()}
NOW = 1_700_000_000
PROTECTED = Overrides(protected=True, keys=KEYS, revoked=("gone",))


def make(overrides=PROTECTED, **fields):
    return make_worker("shop", "b", "a", weight=0, overrides=overrides, **fields)


class Edge:
    def __init__(self):
        self.now, self.ticks = float(NOW), 0.0
        self.decider = Decider(permits=Permits(lambda: self.now, lambda: self.ticks))
        self.update_snapshots(make())

    def update_snapshots(self, applied, desired=None):
        self.decider.update_snapshots(snapshot(1, applied), snapshot(2, desired or applied))

    def ask(self, path="/permit", worker="shop", **headers):
        lines = [(b"x-edge-route", f"{worker}/percentage+checked".encode())]
        names = {"override": "cloudflare-workers-version-overrides", "ray": "cf-ray"}
        names |= {"permission": "sluice-override-permission", "host": "x-edge-host"}
        for name, value in headers.items():
            lines.append((names.get(name, name).encode(), value.encode()))
        response = self.decider.answer(Request("GET", path, lines))
        return {n.decode().removeprefix("x-edge-"): v.decode() for n, v in response.headers}

    def outcome(self, **headers):
        told = self.ask(**headers)
        return told["outcome"], told.get("permission", "")


@pytest.fixture
def edge():
    edge = Edge()
    yield edge
    edge.decider.close()


def token(**changes):
    fields = {"id": "p1", "person": "ann", "worker": "shop", "version_id": "b", "host": ""}
    return sign(Permission(**fields | {"expires_at": NOW + 60} | changes), "k1", PRIVATE)


ASK = {"override": 'shop="b"'}
APPLIED = ("not_propagated", "")  # if no route matches; a route reports `applied`


def test_the_time_counts_though_the_answer_is_remembered(edge):
    assert edge.outcome(**ASK) == ("not_permitted", "missing")
    assert edge.outcome(**ASK, permission=token()) == APPLIED
    edge.now += 59.9
    assert edge.outcome(**ASK, permission=token()) == APPLIED
    edge.now += 0.1
    assert edge.outcome(**ASK, permission=token()) == ("not_permitted", "expired")
    assert "version" not in edge.ask(**ASK, permission=token())


def test_what_is_revoked_counts_before_it_is_routed(edge):
    assert edge.outcome(**ASK, permission=token()) == APPLIED
    edge.update_snapshots(make(), make(replace(PROTECTED, revoked=("p1",))))
    assert edge.outcome(**ASK, permission=token()) == ("not_permitted", "revoked")
    edge.update_snapshots(make(None), make())
    assert edge.outcome(path="/decide", **ASK) == ("not_permitted", "missing")


def test_an_older_key_goes_on_until_it_is_taken_away(edge):
    later = {"k2": base64.b64encode(new_key()[1]).decode()}
    edge.update_snapshots(make(replace(PROTECTED, keys=KEYS | later)))
    assert edge.outcome(**ASK, permission=token()) == APPLIED
    edge.update_snapshots(make(replace(PROTECTED, keys=later)))
    assert edge.outcome(**ASK, permission=token()) == ("not_permitted", "unknown_key")
    edge.update_snapshots(make(replace(PROTECTED, keys={"k1": "no base64"})))
    assert edge.outcome(**ASK, permission=token()) == ("not_permitted", "unknown_key")


def test_the_cookie_is_taken_off_and_reaches_its_version(edge):
    told = edge.ask(cookie=f"a=1; __sluice_override={token(host='shop.example')}; b=2")
    assert (told["outcome"], told["permission"]) == ("not_permitted", "other_host")
    assert told["cookie"] == "a=1; b=2"
    told = edge.ask(
        cookie=f"__sluice_override={token(host='shop.example')}", host="Shop.example:8787"
    )
    assert (told["outcome"], told["version"]) == ("not_propagated", "b")
    assert told["x-envoy-auth-headers-to-remove"] == "x-edge-none,cookie" and "cookie" not in told


def test_a_permission_goes_with_the_ray_to_workers_behind(edge):
    """Workers never see it, so it cannot come from them."""
    free = make_worker("front", "x")
    edge.decider.update_snapshots(snapshot(1, make(), free), snapshot(1, make(), free))
    outer = {"path": "/decide", "worker": "front", "permission": token()}
    assert edge.ask(**outer, **ASK, ray="r1")["outcome"] == "not_addressed"
    assert edge.outcome(**ASK, ray="r1") == APPLIED
    assert edge.outcome(**ASK, ray="r2") == ("not_permitted", "missing")
    edge.ticks += CARRIED_SECONDS
    assert edge.outcome(**ASK, ray="r1") == ("not_permitted", "missing")


# --- links ----------------------------------------------------------------------------------------


def follow(edge, query, host="shop.example:8787", scheme="http", path="/__sluice/override"):
    lines = {"route": "shop", "host": host, "proto": scheme, "path": f"{path}?{query}"}
    headers = [(f"x-edge-{name}".encode(), value.encode()) for name, value in lines.items()]
    response = edge.decider.answer(Request("GET", "/link", headers))
    return response.status, dict(response.headers), response.body.decode()


def test_a_link_sets_the_cookie_for_its_host_and_goes_on(edge):
    signed = token(host="shop.example")
    status, headers, _ = follow(edge, f"permission={signed}&path=/cart%3Fa=1", scheme="https")
    assert (status, headers[b"location"]) == (303, b"/cart?a=1")
    cookie = headers[b"set-cookie"].decode()
    assert cookie.startswith(f"__Host-__sluice_override={signed}; Path=/; Max-Age=60; HttpOnly;")
    assert "Domain" not in cookie and cookie.endswith("; SameSite=Lax; Secure")
    assert (headers[b"cache-control"], headers[b"referrer-policy"]) == (b"no-store", b"no-referrer")
    over_http = follow(edge, f"permission={signed}")[1][b"set-cookie"]
    assert over_http.startswith(b"__sluice_override=") and not over_http.endswith(b"Secure")


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil", "https://evil", "/a%0d%0aX:1", "/é"])
def test_a_link_leads_nowhere_but_to_its_host(edge, path):
    _, headers, _ = follow(edge, f"permission={token()}&path={path}")
    assert headers[b"location"] == b"/"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 403, "no permission in it"),
        (f"permission={token()[:-9]}", 403, "incomplete"),
        (f"permission={token()[:-8]}AAAAAAAA", 403, "changed after it was signed"),
        (f"permission={token(expires_at=NOW)}", 410, "has expired"),
        (f"permission={token(id='gone')}", 410, "was revoked"),
        (f"permission={token(worker='till')}", 403, "another Worker"),
        (f"permission={token(host='till.example')}", 403, "another host name"),
        (f"permission={token(version_id='c')}", 404, "not in the active deployment"),
    ],
)
def test_a_link_that_does_not_work_says_why(edge, query, status, words):
    found, headers, body = follow(edge, query)
    assert found == status and words in body and b"set-cookie" not in headers


def test_the_way_out_takes_the_cookie_away(edge):
    status, headers, _ = follow(edge, "", path="/__sluice/override/leave")
    assert (status, headers[b"location"]) == (303, b"/")
    assert headers[b"set-cookie"].startswith(b"__sluice_override=; Path=/; Max-Age=0;")
    _, headers, _ = follow(edge, "", path="/__sluice/override/leave", scheme="https")
    assert headers[b"set-cookie"].startswith(b"__Host-__sluice_override=; Path=/; Max-Age=0;")
