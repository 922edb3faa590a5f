"""The edge's own responses, and what clients cannot make it send."""

from __future__ import annotations

import re
import socket

import pytest

from routing.compile import names
from routing.compile.names import KEY
from routing.rules.split import TOTAL
from tests.ambiguous import AMBIGUOUS, ambiguous
from tests.real.plane import Plane
from tests.real.uploads import METADATA, upload
from tests.real.version_process import stop
from tests.real.workers import ECHO

pytestmark = pytest.mark.real
PRIVATE = ("x-edge-", "x-sluice-", "x-envoy-")


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


def test_what_is_no_ray_is_replaced_when_a_worker_calls(plane: Plane) -> None:
    """Invocations are looked up by their ray, in page addresses too."""
    for odd in ("a/b", "", "0123456789ABCDEF-EDGE1", "0123456789abcdef-EDGE1/x", "é"):
        inner = plane.call("/fetch", headers={"cf-ray": odd}).json
        assert re.fullmatch(names.RAY, inner["headers"]["cf-ray"]), odd
        assert "x-edge-ray" not in inner["headers"]
    ray = "0123456789abcdef-OTHER"
    assert plane.call("/fetch", headers={"cf-ray": ray}).json["headers"]["cf-ray"] == ray
    assert re.fullmatch(names.RAY, plane.call("/fetch").json["headers"]["cf-ray"])


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


def shown(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("x-sluice-")}


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


@pytest.mark.parametrize(
    "path", ["/x/../admin", "/x/%2e%2E/admin", "/./admin", "/x\\..\\admin", "/%61dmin"]
)
def test_a_version_gets_the_path_that_route_patterns_see(plane: Plane, path: str) -> None:
    assert (
        plane.edge.get("echo", path).json["url"].endswith(f"{plane.edge.settings.proof_port}/admin")
    )


@pytest.mark.parametrize("path", ["/a%2Fb", "/a%5cb", "/a//b", "/a%20b", "/a?b=/../c%2f"])
def test_what_is_no_dot_segment_stays_as_it_was_sent(plane: Plane, path: str) -> None:
    assert plane.edge.get("echo", path).json["url"].endswith(path)


@pytest.mark.parametrize(
    "host", ["echo.localhost:abc", "echo.localhost:65536", "echo.localhost:1:2"]
)
def test_a_host_that_no_version_takes_is_the_edges_own_answer(plane: Plane, host: str) -> None:
    reply = plane.edge.get("", host=host)
    assert reply.status == 400 and "Host header" in reply.text
    line = plane.edge.log("proof", ray=reply.headers["cf-ray"])
    assert (line["route"], line["version"]) == ("bad-host", None)


def test_several_host_headers_are_refused(plane: Plane) -> None:
    for more in ("echo.localhost", "other.localhost", "echo.localhost:80"):
        for first in ("echo.localhost", "echo.localhost:80"):
            with socket.create_connection(("127.0.0.1", plane.edge.settings.public_port)) as client:
                sent = f"GET / HTTP/1.1\r\nHost: {first}\r\nHost: {more}\r\n\r\n"
                client.sendall(sent.encode())
                assert client.recv(1000).startswith(b"HTTP/1.1 400 "), (first, more)


def test_response_headers_that_are_too_large_have_a_clear_error(plane: Plane) -> None:
    reply = plane.edge.get("echo", "/large")
    assert reply.status == 502 and "larger than 128 KB" in reply.text
    assert reply.headers["cf-ray"] in reply.text


@pytest.mark.parametrize("path", ["/a?<", "/a?>", '/?q="', "/?q=<", "/a?q=>&x=?"])
def test_a_url_that_no_version_takes_is_the_edges_own_answer(plane: Plane, path: str) -> None:
    for host in ("echo.localhost", f"{plane.new_id[:8]}-echo.localhost"):
        reply = plane.edge.get("", path, host=host)
        assert reply.status == 400 and "must be percent-encoded" in reply.text
        line = plane.edge.log("proof", ray=reply.headers["cf-ray"])
        assert (line["route"], line["version"], line["deployment"]) == ("bad-url", None, None)


@pytest.mark.parametrize("path", ['/a"b', "/?q=`", "/{a}|b^c\\d?e={f}'!", "/%22%3C?q=%3E"])
def test_every_other_url_reaches_the_version(plane: Plane, path: str) -> None:
    reply = plane.edge.get("echo", path)
    assert reply.status == 200 and reply.json["url"].startswith("http://echo.localhost")


def test_raw_bytes_in_a_url_count_for_no_version(plane: Plane) -> None:
    with socket.create_connection(("127.0.0.1", plane.edge.settings.public_port)) as client:
        client.sendall("GET /ü HTTP/1.1\r\nHost: echo.localhost\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")
    line = plane.edge.log("public", status=400, route=None)
    assert line["version"] is None


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_a_message_that_could_end_in_two_places_reaches_no_version(plane: Plane, kind: str) -> None:
    """OWASP ASVS 5.0, 4.2.1: Envoy refuses it, and none of its bytes becomes a request."""
    with socket.create_connection(("127.0.0.1", plane.edge.settings.public_port), 10) as client:
        client.sendall(ambiguous(kind, "echo.localhost"))
        told = b""
        while more := client.recv(65_536):  # Envoy closes
            told += more
    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), told
    assert told.count(b"HTTP/1.1 ") == 1 and b"/inside" not in told


# --- addresses of single versions -----------------------------------------------------------------


def test_a_versions_own_address_leads_to_it_whatever_the_request_says(plane: Plane) -> None:
    forged = {
        **plane.override(plane.old_id),
        names.CLUSTER_HEADER: plane.old_id,
        names.HOST_HEADER: f"{plane.old_id[:8]}-echo.localhost",
        "authorization": "Bearer hush",
        "x-api-key": "hush",
    }
    reply = plane.edge.get("", headers=forged, host=f"{plane.new_id[:8]}-echo.localhost")
    assert (reply.status, reply.json["id"]) == (200, plane.new_id)
    assert shown(reply.headers) == {
        "x-sluice-version": plane.new_id,
        "x-sluice-reason": "preview",
        "x-sluice-edge": "edge-1",
    }
    assert names.CLUSTER_HEADER not in reply.json["headers"]
    assert reply.json["headers"]["authorization"] == "Bearer hush"
    host, sent = plane.edge.asked_for[-1]
    assert host.startswith(plane.new_id[:8]) and "hush" not in str(sent)
    line = plane.edge.log("proof", ray=reply.headers["cf-ray"])
    assert (line["route"], line["preview"], line["version"]) == ("preview", "echo", plane.new_id)


@pytest.mark.parametrize("status", [404, 502, 503])
def test_what_the_agent_refuses_keeps_its_status_and_its_words(plane: Plane, status: int) -> None:
    reply = plane.edge.get("", host=f"status-{status}-x.localhost", proof=False)
    assert reply.status == status and reply.text.startswith(f"refused with {status}: ")
    assert "x-evil" not in reply.headers


# --- the access log -------------------------------------------------------------------------------


def test_the_log_tells_which_version_answered_and_why(plane: Plane) -> None:
    reply = plane.edge.get("echo", "/logged?token=secret", plane.override(plane.new_id))
    line = plane.edge.log("proof", ray=reply.headers["cf-ray"])
    assert line.pop("ts") and line.pop("us") >= 0 and line.pop("ms") >= 0 and line.pop("tx") > 0
    assert len(line.pop("line")) == 36
    assert line == {
        "ray": reply.headers["cf-ray"],
        "method": "GET",
        "host": f"echo.localhost:{plane.edge.settings.proof_port}",
        "path": "/logged",
        "status": 200,
        "version": plane.new_id,
        "route": "echo/override",
        "outcome": None,  # the route says it, and nobody was asked
        "preview": None,
        "deployment": plane.edge.worker("echo").deployment.id,
        "flags": "-",
        "details": "via_upstream",
        "client": "127.0.0.1",
        "listener": "proof",
        "typed": "a",  # of application/json: only whether there is a content type counts
    }


def test_the_log_of_an_inner_call_names_the_caller(plane: Plane) -> None:
    reply = plane.edge.get("caller", "/forward?binding=SUMS")
    line = plane.edge.log("internal", ray=reply.headers["cf-ray"])
    assert line["caller"] == plane.caller.version.id
    assert line["version"] == f"{reply.json['id']}/Sums"
    assert line["route"] == "echo/percentage"
    assert (line["listener"], line["path"]) == ("internal", "/forward")


def test_a_log_holds_no_query_and_of_headers_only_the_key_that_tells_callers_apart(
    plane: Plane,
) -> None:
    quiet = {KEY: "ann" * 40, "authorization": "hush-3"}
    for proof in (True, False):
        plane.edge.get("echo", "/quiet?token=hush-1", quiet, proof=proof)
    assert "key" not in plane.edge.log("proof", path="/quiet")
    assert plane.edge.log("public", path="/quiet")["key"] == ("ann" * 40)[:64]
    logs = [(plane.edge.folder / f"log/{name}.log").read_text() for name in ("proof", "public")]
    assert "hush" not in "".join(logs)


def test_a_dead_version_is_a_clear_error_without_its_socket(plane: Plane) -> None:
    doomed = plane.edge.run("doomed", upload(ECHO, bindings=[METADATA]))
    alive = plane.edge.run("doomed", upload(ECHO, number=2, bindings=[METADATA]))
    plane.edge.deploy("doomed", (alive, 0), (doomed, TOTAL))
    plane.edge.publish()
    stop(plane.edge.processes[doomed.version.id])
    reply = plane.edge.get("doomed", proof=False)
    assert reply.status == 503
    assert "did not answer" in reply.text and reply.headers["cf-ray"] in reply.text
    assert ".sock" not in reply.text
    override = plane.override(alive.version.id, "doomed")
    assert plane.edge.get("doomed", headers=override).json["id"] == alive.version.id
