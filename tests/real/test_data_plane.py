"""The compiled data plane, run: real Envoy, real workerd, real requests over loopback."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from routing.compile import names
from routing.compile.names import KEY, OVERRIDES
from routing.rules import affinity
from routing.rules.split import TOTAL
from tests.real.edge import METADATA, Edge, Upload, eventually, service, upload
from tests.real.workers import CALLER, ECHO, ODD

pytestmark = pytest.mark.real
PRIVATE = ("x-edge-", "x-sluice-", "x-envoy-")


@dataclass
class Plane:
    """`echo` has two versions, `caller` calls it. `reset` brings back 30 / 70."""

    edge: Edge
    old: Upload
    new: Upload
    caller: Upload

    @property
    def old_id(self) -> str:
        return self.old.version.id

    @property
    def new_id(self) -> str:
        return self.new.version.id

    def split(self, new: int) -> None:
        self.edge.deploy("echo", (self.new, new), (self.old, TOTAL - new))
        self.edge.publish()

    def override(self, version_id: str, worker: str = "echo") -> dict[str, str]:
        return {OVERRIDES: f'{worker}="{version_id}"'}

    def draws(self, count: int = 400, **headers: str) -> Counter[str]:
        return Counter(self.edge.get("echo", headers=headers).json["id"] for _ in range(count))

    def call(self, path: str, calls: int = 0, headers: dict[str, str] | None = None, **more: str):
        query = f"{path}?calls={calls}&headers={quote(json.dumps(headers or {}))}"
        for name, value in more.items():
            query += f"&{name}={value}"
        return self.edge.get("caller", query)


@pytest.fixture(scope="module")
def started(edge: Edge) -> Plane:
    old, new = (edge.run("echo", upload(ECHO, number=n, bindings=[METADATA])) for n in (1, 2))
    bindings = [
        METADATA,
        service("ECHO", "echo"),
        service("SUMS", "echo", "Sums"),
        service("GHOST", "ghost"),
        service("NOPE", "echo", "Nope"),
        service("ODD", "odd_name", "we ird/é"),
        service("FRESH", "odd_name", "Fresh"),
    ]
    odd = edge.run("odd_name", upload(ODD, bindings=[METADATA]))
    more = ODD + "export class Fresh extends Odd {}"
    odder = edge.run("odd_name", upload(more, number=2, bindings=[METADATA]))
    edge.deploy("odd_name", (odder, 50_000), (odd, 50_000))
    caller = edge.run("caller", upload(CALLER, bindings=bindings))
    edge.deploy("caller", (caller, TOTAL))
    edge.deploy("echo", (new, 30_000), (old, 70_000))
    edge.start()
    return Plane(edge, old, new, caller)


@pytest.fixture
def plane(started: Plane) -> Iterator[Plane]:
    started.split(30_000)
    started.edge.decide_delay, started.edge.forced_outcome = 0.0, ""
    return started


def shown(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("x-sluice-")}


# --- percentages, affinity, overrides -------------------------------------------------------------


def test_envoy_has_nothing_to_complain_about(plane: Plane) -> None:
    assert (plane.edge.folder / "log/envoy.txt").read_text() == ""


def test_requests_follow_the_percentages(plane: Plane) -> None:
    found = plane.draws(1000)
    assert 230 < found[plane.new_id] < 370, found  # five standard deviations


def test_a_version_at_0_percent_gets_nothing(plane: Plane) -> None:
    plane.split(0)
    assert plane.draws(200) == {plane.old_id: 200}


def test_a_key_goes_where_the_rules_say(plane: Plane) -> None:
    shares = plane.edge.worker("echo").deployment.shares
    for n in range(200):
        key = f"user-{n} Ω".encode()
        reply = plane.edge.get("echo", headers=[(KEY, key)])
        assert reply.json["id"] == affinity.pick([key], shares)
        assert reply.headers["x-sluice-reason"] == "affinity"


def test_raising_a_percentage_moves_no_key_away(plane: Plane) -> None:
    keys = [f"k{n}" for n in range(60)]
    on_new: set[str] = set()
    for weight in (10_000, 30_000, 80_000, TOTAL):
        plane.split(weight)
        now = {
            k for k in keys if plane.edge.get("echo", headers={KEY: k}).json["id"] == plane.new_id
        }
        assert on_new <= now
        on_new = now
    assert on_new == set(keys)


def test_an_empty_key_is_no_key(plane: Plane) -> None:
    assert set(plane.draws(60, **{KEY: ""})) == {plane.old_id, plane.new_id}
    assert plane.edge.get("echo", headers={KEY: " "}).headers["x-sluice-reason"] == "percentage"


def test_an_override_reaches_a_version_at_0_percent(plane: Plane) -> None:
    plane.split(0)
    for _ in range(20):
        reply = plane.edge.get("echo", headers=plane.override(plane.new_id))
        assert reply.json["id"] == plane.new_id
        assert reply.headers["x-sluice-reason"] == "override"
        assert reply.headers["x-sluice-override"] == "applied"


def test_an_override_wins_over_a_key(plane: Plane) -> None:
    for key in "abcdefgh":
        headers = {KEY: key, **plane.override(plane.old_id)}
        assert plane.edge.get("echo", headers=headers).json["id"] == plane.old_id


@pytest.mark.parametrize(
    "field, outcome",
    [
        ('echo="00000000-0000-4000-8000-000000000000"', "unknown_version"),
        ('other="{new}"', "not_addressed"),
        ("echo=1{new}", "invalid_header"),
        ("echo=a{new}", "not_a_string"),
        ("echo=token", "not_a_string"),
        ('echo="{new}', "invalid_header"),
        ('echo="{new}" junk', "invalid_header"),
        ('ECHO="{new}"', "invalid_header"),
        ('echo="é"', "invalid_header"),
        ("", "absent"),
    ],
)
def test_a_broken_override_is_routed_as_if_absent(plane: Plane, field: str, outcome: str) -> None:
    plane.split(0)
    line = (OVERRIDES, field.replace("{new}", plane.new_id).encode())
    reply = plane.edge.get("echo", headers=[line])
    assert (reply.status, reply.json["id"]) == (200, plane.old_id)
    assert reply.headers["x-sluice-reason"] == "percentage"
    assert reply.headers["x-sluice-override"] == outcome


def test_a_key_still_counts_beside_a_broken_override(plane: Plane) -> None:
    for n in range(20):
        reply = plane.edge.get("echo", headers={KEY: f"k{n}", OVERRIDES: "("})
        shares = plane.edge.worker("echo").deployment.shares
        assert reply.json["id"] == affinity.pick([f"k{n}"], shares)
        assert reply.headers["x-sluice-reason"] == "affinity"
        assert reply.headers["x-sluice-override"] == "invalid_header"


def test_two_header_lines_are_one_field_and_the_last_member_wins(plane: Plane) -> None:
    plane.split(0)
    lines = [(OVERRIDES, 'echo="nope", other="x"'), (OVERRIDES.title(), f'echo="{plane.new_id}"')]
    assert plane.edge.get("echo", headers=lines).json["id"] == plane.new_id


def test_a_header_of_60_kb_works(plane: Plane) -> None:
    plane.split(0)
    members = ", ".join(f'w{n}="{plane.old_id}"' for n in range(1200))
    field = f'{members}, echo="{plane.new_id}"'
    assert len(field) > 50_000
    reply = plane.edge.get("echo", headers={OVERRIDES: field})
    assert (reply.status, reply.json["id"]) == (200, plane.new_id)
    assert reply.json["headers"][OVERRIDES] == field


# --- the decide service ---------------------------------------------------------------------------


def test_only_the_routes_decide_what_is_in_the_deployment(plane: Plane) -> None:
    plane.edge.forced_outcome = "applied"
    reply = plane.edge.get("echo", headers=plane.override("of-another-revision"))
    assert reply.status == 200 and reply.json["id"] in (plane.old_id, plane.new_id)
    assert reply.headers["x-sluice-reason"] == "percentage"
    line = plane.edge.log("proof", ray=reply.headers["cf-ray"])
    kind = names.parse_route(line["route"])[1]
    assert names.override_outcome(kind, line["outcome"]) == "not_propagated"


def test_a_slow_decide_service_costs_a_quarter_of_a_second_at_most(plane: Plane) -> None:
    plane.edge.decide_delay = 5
    started = time.monotonic()
    reply = plane.edge.get("echo", headers=plane.override(plane.new_id))
    assert time.monotonic() - started < 1
    assert reply.status == 200
    assert reply.headers["x-sluice-override"] == "unavailable"


def test_a_dead_decide_service_costs_nothing(plane: Plane) -> None:
    path = plane.edge.folder / "decide.sock"
    path.rename(path.with_suffix(".away"))
    try:
        for _ in range(8):
            reply = plane.edge.get("echo", headers=plane.override(plane.new_id))
            assert reply.status == 200
            assert reply.headers["x-sluice-override"] == "unavailable"
    finally:
        path.with_suffix(".away").rename(path)
    eventually(
        lambda: (
            plane.edge.get("echo", headers=plane.override(plane.new_id)).headers[
                "x-sluice-override"
            ]
            == "applied"
        ),
        seconds=15,
    )


# --- service bindings -----------------------------------------------------------------------------


def test_an_inner_fetch_follows_the_percentages(plane: Plane) -> None:
    found = plane.call("/count", 400).json
    assert 70 < found[plane.new_id] < 170, found


def test_an_inner_fetch_follows_its_key(plane: Plane) -> None:
    shares = plane.edge.worker("echo").deployment.shares
    for n in range(10):
        expected = affinity.pick([f"k{n}"], shares)
        assert plane.call("/count", 5, {KEY: f"k{n}"}).json == {expected: 5}
        forwarded = plane.edge.get("caller", "/forward", {KEY: f"k{n}"})
        assert forwarded.json["id"] == expected


def test_a_forwarded_override_reaches_the_callee(plane: Plane) -> None:
    plane.split(0)
    reply = plane.edge.get("caller", "/forward", plane.override(plane.new_id))
    assert reply.json["id"] == plane.new_id
    assert reply.headers["x-sluice-version"] == plane.caller.version.id
    assert reply.headers["x-sluice-override"] == "not_addressed"


def test_an_explicit_override_reaches_the_callee(plane: Plane) -> None:
    plane.split(0)
    assert plane.call("/count", 20, plane.override(plane.new_id)).json == {plane.new_id: 20}
    assert plane.call("/count", 20).json == {plane.old_id: 20}


def test_a_named_entrypoint_is_fetched(plane: Plane) -> None:
    plane.split(0)
    reply = plane.call("/fetch", binding="SUMS", headers=plane.override(plane.new_id))
    assert (reply.json["entrypoint"], reply.json["id"]) == ("Sums", plane.new_id)
    assert plane.call("/fetch", binding="SUMS").json["id"] == plane.old_id


@pytest.mark.parametrize("binding", ["ECHO", "SUMS"])
def test_rpc_follows_the_percentages_and_their_change(plane: Plane, binding: str) -> None:
    eventually(lambda: len(plane.call("/rpc", 20, binding=binding).json) == 2)
    found = plane.call("/rpc", 400, binding=binding).json
    assert 70 < found[plane.new_id] < 170, found
    plane.split(TOTAL)
    eventually(lambda: plane.call("/rpc", 20, binding=binding).json == {plane.new_id: 20}, 3)


def test_any_name_of_a_worker_and_an_entrypoint_will_do(plane: Plane) -> None:
    assert plane.call("/fetch", binding="ODD").json == "odd"
    assert plane.call("/rpc", 2, binding="ODD").json == {"odd": 2}


def test_rpc_carries_callbacks_stubs_and_errors(plane: Plane) -> None:
    assert plane.call("/twice").json == 42
    assert plane.call("/counter").json == 1
    assert plane.call("/fails").text == "TypeError: on purpose"


def test_an_entrypoint_of_one_version_fails_clearly_on_the_other(plane: Plane) -> None:
    replies = [plane.call("/fetch", binding="FRESH") for _ in range(40)]
    assert {reply.status for reply in replies} == {200, 503}
    refused = next(reply for reply in replies if reply.status == 503)
    assert "The version that was chosen exports no entrypoint of that name" in refused.text
    called = [plane.call("/rpc", 1, binding="FRESH") for _ in range(40)]
    assert {reply.text for reply in called} == {'{"odd":1}', "Error: Network connection lost."}


@pytest.mark.parametrize("binding", ["GHOST", "NOPE"])
def test_calling_what_is_not_deployed_is_a_clear_error(plane: Plane, binding: str) -> None:
    fetched = plane.call("/fetch", binding=binding)
    assert fetched.status == 503
    assert "has no deployment, or exports no entrypoint of that name" in fetched.text
    called = plane.call("/rpc", 1, binding=binding)
    assert called.status == 599 and "exports no entrypoint of that name" in called.text


def test_scheme_and_ray_survive_the_hop(plane: Plane) -> None:
    inner = plane.call("/fetch").json
    assert inner["url"] == "https://inside.example/path?secret=1"
    assert inner["headers"]["x-forwarded-proto"] == "https"
    forwarded = plane.edge.get("caller", "/forward")
    assert forwarded.json["headers"]["cf-ray"] == forwarded.headers["cf-ray"]
    assert forwarded.json["cf"] == {"colo": "EDGE1", "httpProtocol": "HTTP/1.1"}


# --- nothing can be forged ------------------------------------------------------------------------

FORGED = {
    "x-edge-worker": "echo/Sums",
    "x-edge-caller": "somebody",
    "x-edge-outcome": "applied",
    "x-edge-route": "echo/override",
    "x-envoy-upstream-rq-timeout-ms": "1",
    "x-envoy-max-retries": "9",
    "x-sluice-version": "forged",
}


def test_our_headers_from_outside_have_no_effect(plane: Plane) -> None:
    plane.split(0)
    headers = {**FORGED, "X-Edge-Version": plane.new_id, "x-edge-proto": "https", "x-edge-cf": "{}"}
    reply = plane.edge.get("echo", headers=headers)
    assert (reply.json["id"], reply.json["entrypoint"]) == (plane.old_id, "")
    assert reply.headers["x-sluice-version"] == plane.old_id
    assert not [name for name in reply.json["headers"] if name.startswith(PRIVATE)]
    assert reply.json["url"].startswith("http://")


def test_our_headers_from_a_worker_have_no_effect(plane: Plane) -> None:
    plane.split(0)
    inner = plane.call("/fetch", headers={**FORGED, "x-edge-version": plane.new_id}).json
    assert (inner["id"], inner["entrypoint"]) == (plane.old_id, "")
    assert set(FORGED).isdisjoint(inner["headers"])
    line = plane.edge.log("internal", ray=inner["headers"]["cf-ray"])
    assert line["caller"] == plane.caller.version.id


def test_what_a_client_says_about_itself_is_replaced(plane: Plane) -> None:
    told = ("cf-connecting-ip", "x-real-ip", "cf-ray", "cf-ipcountry", "x-request-id")
    reply = plane.edge.get("echo", headers={name: "1.2.3.4" for name in told})
    seen = reply.json["headers"]
    assert (seen["cf-connecting-ip"], seen["x-real-ip"]) == ("127.0.0.1", "127.0.0.1")
    assert "cf-ipcountry" not in seen and seen["x-request-id"] != "1.2.3.4"
    assert seen["cf-ray"] == reply.headers["cf-ray"] != "1.2.3.4"
    assert seen["x-forwarded-for"] == "127.0.0.1"


def test_a_service_binding_gives_no_raw_connection(plane: Plane) -> None:
    assert plane.call("/connect").text.startswith("TypeError: connect() is not supported")


@pytest.mark.parametrize("host", ["echo.default.s0.rpc:80", "echo.localhost:80"])
@pytest.mark.parametrize("proof", [True, False])
def test_connect_from_outside_is_refused(plane: Plane, host: str, proof: bool) -> None:
    settings = plane.edge.settings
    port = settings.proof_port if proof else settings.public_port
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 404 ")


# --- answers of the edge itself -------------------------------------------------------------------


def test_the_proof_listener_says_what_the_edge_decided(plane: Plane) -> None:
    reply = plane.edge.get("echo")
    assert shown(reply.headers) == {
        "x-sluice-version": reply.json["id"],
        "x-sluice-deployment": plane.edge.worker("echo").deployment.id,
        "x-sluice-reason": "percentage",
        "x-sluice-edge": "edge-1",
    }


def test_the_public_listener_says_nothing_but_the_ray(plane: Plane) -> None:
    reply = plane.edge.get("echo", headers=plane.override(plane.new_id), proof=False)
    assert shown(reply.headers) == {}
    assert len(reply.headers["cf-ray"]) == 16 + len("-EDGE1")


def test_an_unknown_host_is_told_where_workers_answer(plane: Plane) -> None:
    for host in ("ghost.localhost", "example.com", "127.0.0.1"):
        reply = plane.edge.get("", host=host, proof=False)
        assert reply.status == 404
        assert "Workers answer at <worker>.localhost" in reply.text
        assert "echo" not in reply.text and "caller" not in reply.text


@pytest.mark.parametrize("host", ["ECHO.localhost", "echo.localhost.", "echo.localhost:1"])
def test_a_host_is_found_in_any_spelling(plane: Plane, host: str) -> None:
    assert plane.edge.get("", host=host).status == 200


def test_a_web_socket_passes(plane: Plane) -> None:
    with socket.create_connection(("127.0.0.1", plane.edge.settings.public_port)) as client:
        client.sendall(
            b"GET /socket HTTP/1.1\r\nHost: echo.localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 101 ")
        client.sendall(b"\x81\x82\0\0\0\0hi")
        assert client.recv(100)[2:] == b"echo hi"


# --- the access log -------------------------------------------------------------------------------


def test_the_log_tells_which_version_answered_and_why(plane: Plane) -> None:
    reply = plane.edge.get("echo", "/logged?token=secret", plane.override(plane.new_id))
    line = plane.edge.log("proof", ray=reply.headers["cf-ray"])
    assert line.pop("ts") and line.pop("us") >= 0 and line.pop("ms") >= 0 and line.pop("tx") > 0
    assert len(line.pop("line")) == 36
    assert line == {
        "ray": reply.headers["cf-ray"],
        "id": reply.json["headers"]["x-request-id"],
        "method": "GET",
        "host": f"echo.localhost:{plane.edge.settings.proof_port}",
        "path": "/logged",
        "proto": "HTTP/1.1",
        "status": 200,
        "rx": 0,
        "version": plane.new_id,
        "route": "echo/override",
        "outcome": "applied",
        "deployment": plane.edge.worker("echo").deployment.id,
        "revision": str(plane.edge.snapshot.revision),
        "flags": "-",
        "details": "via_upstream",
        "attempts": 1,
        "client": "127.0.0.1",
        "listener": "proof",
    }


def test_the_log_of_an_inner_call_names_the_caller(plane: Plane) -> None:
    reply = plane.edge.get("caller", "/forward?binding=SUMS")
    line = plane.edge.log("internal", ray=reply.headers["cf-ray"])
    assert line["caller"] == plane.caller.version.id
    assert line["version"] == f"{reply.json['id']}/Sums"
    assert line["route"] == "echo/percentage"
    assert (line["listener"], line["path"]) == ("internal", "/forward")


def test_no_log_holds_a_query_or_a_key(plane: Plane) -> None:
    plane.edge.get("echo", "/quiet?token=hush-1", {KEY: "hush-2", "authorization": "hush-3"})
    plane.edge.log("proof", path="/quiet")
    assert "hush" not in (plane.edge.folder / "log/proof.log").read_text()


# --- last, for it breaks the plane ----------------------------------------------------------------


def test_a_dead_version_is_a_clear_error_without_its_socket(plane: Plane) -> None:
    plane.split(0)
    plane.edge.processes[plane.old_id].kill()
    plane.edge.processes[plane.old_id].wait()
    reply = plane.edge.get("echo", proof=False)
    assert reply.status == 503
    assert "did not answer" in reply.text and reply.headers["cf-ray"] in reply.text
    assert ".sock" not in reply.text
    alive = plane.edge.get("echo", headers=plane.override(plane.new_id))
    assert alive.json["id"] == plane.new_id
