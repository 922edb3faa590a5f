"""`wrangler tail`, unmodified, on the whole system: what a Worker logged, and which version."""

from __future__ import annotations

import re
import socket
import time
from contextlib import ExitStack, closing

import pytest

from tests.real.control_plane import write_project
from tests.real.tailing import REPORTS_ALL_AFTER, path_of, sessions, tailing, wrangler

pytestmark = [pytest.mark.real, pytest.mark.timeout(300), pytest.mark.in_order]

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: trace-v1\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PRICING = """import { WorkerEntrypoint } from "cloudflare:workers";
export class Named extends WorkerEntrypoint {
  add(a, b) { console.log("adding", a, b); return a + b; }
}
export default { fetch(request) { console.log("priced"); return new Response("9"); } };
"""
SHOP = """function helper() { throw new RangeError("no such basket"); }
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/quiet") return new Response("quiet");
    if (pathname === "/throw") helper();
    if (pathname === "/rpc") return new Response(String(await env.PRICING.add(1, 2)));
    console.log("hit", { a: 1 }, pathname, env.KEY);
    console.error("second line");
    ctx.waitUntil(scheduler.wait(20).then(() => console.warn("after the answer")));
    return new Response("ok");
  },
};
"""


@pytest.fixture(scope="module")
def shop(system, proxy, tmp_path_factory):
    """`shop` with two versions at half each, the ids oldest first; it calls `pricing` by RPC."""
    folder = tmp_path_factory.mktemp("projects")
    wrangler(system, write_project(folder / "pricing", "pricing", PRICING), proxy, "deploy")
    services = [{"binding": "PRICING", "service": "pricing", "entrypoint": "Named"}]
    project = write_project(
        folder / "shop", "shop", SHOP, services=services, vars={"KEY": "a plain value"}
    )
    wrangler(system, project, proxy, "deploy")
    wrangler(system, project, proxy, "versions", "upload", "--tag", "v2", "--message", "second")
    listed = system.api("GET", "/workers/scripts/shop/versions?deployable=true").json()["result"]
    ids = [item["id"] for item in reversed(listed["items"])][-2:]
    made = system.deploy("shop", (ids[0], 50), (ids[1], 50))
    system.wait_for(made["id"], "shop")
    return ids


def override(version_id: str) -> dict[str, str]:
    return {"Cloudflare-Workers-Version-Overrides": f'shop="{version_id}"'}


def test_json_says_everything_about_a_request_and_its_version(system, proxy, shop, tmp_path):
    with tailing(system, tmp_path, proxy, "shop", "--format", "json") as tail:
        system.get(
            "shop", "/hello?token=hunter2", Authorization="Bearer hunter2", **override(shop[1])
        )
        event = tail.event(path="/hello?token=REDACTED")
        assert event["outcome"] == "ok" and event["scriptName"] == "shop"
        assert event["scriptVersion"] == {"id": shop[1], "tag": "v2", "message": "second"}
        lines = [(line["level"], line["message"]) for line in event["logs"]]
        assert lines == [
            ("log", ["hit", {"a": 1}, "/hello", "a plain value"]),
            ("error", ["second line"]),
            ("warn", ["after the answer"]),
        ]
        assert event["event"]["response"]["status"] == 200 and event["wallTime"] >= 20
        assert abs(event["eventTimestamp"] - time.time() * 1000) < 60_000
        request = event["event"]["request"]
        assert request["method"] == "GET" and request["headers"]["authorization"] == "REDACTED"
        assert re.fullmatch(r"[0-9a-f]{16}-LOCAL1", request["headers"]["cf-ray"])
        assert "hunter2" not in tail.said and "x-edge-" not in tail.said


def test_a_request_without_console_lines_is_told_while_somebody_looks(
    system, proxy, shop, tmp_path
):
    with tailing(system, tmp_path, proxy, "shop", "--format", "json") as tail:
        for number in range(40):
            assert system.get("shop", f"/quiet?n={number}").status_code == 200
        tail.wait(lambda: len(tail.events) >= 40)
        assert {path_of(e).partition("?")[0] for e in tail.events} == {"/quiet"}
        versions = {e["scriptVersion"]["id"] for e in tail.events}
        assert len(tail.events) == 40 and versions == set(shop)


def test_an_exception_comes_with_its_stack(system, proxy, shop, tmp_path):
    with tailing(system, tmp_path, proxy, "shop", "--format", "json") as tail:
        assert system.get("shop", "/throw").status_code == 500
        event = tail.event(path="/throw")
        assert event["outcome"] == "exception" and "response" not in event["event"]
        (exception,) = event["exceptions"]
        assert (exception["name"], exception["message"]) == ("RangeError", "no such basket")
        assert re.search(r"at helper .*index\.js:\d+:\d+", exception["stack"])


def test_pretty_is_what_people_read(system, proxy, shop, tmp_path):
    with tailing(system, tmp_path, proxy, "shop", "--format", "pretty") as tail:
        assert "Connected to shop, waiting for logs" in tail.said
        system.get("shop", "/hello")
        system.get("shop", "/throw")
        tail.wait(lambda: "RangeError" in tail.said and "after the answer" in tail.said)
        assert re.search(r"GET http://shop\.localhost\S*/hello - Ok", tail.said)
        assert "hit { a: 1 } /hello" in tail.said.replace("\n", " ").replace("  ", " ")
        assert re.search(r"GET http://shop\.localhost\S*/throw - Exception Thrown", tail.said)


def test_several_tails_each_with_filters_of_its_own(system, proxy, shop, tmp_path):
    one, two = shop
    filters = {
        "version": ["--version-id", two],
        "status": ["--status", "error"],
        "method": ["--method", "POST"],
        "header": ["--header", "X-Wanted:yes"],
        "search": ["--search", "/needle"],
        "self": ["--ip", "self"],
        "nobody": ["--ip", "192.0.2.1"],
    }
    with ExitStack() as stack:
        tails = {
            name: stack.enter_context(
                tailing(system, tmp_path, proxy, "shop", "--format", "json", *more, ready_after=0)
            )
            for name, more in filters.items()
        }
        time.sleep(REPORTS_ALL_AFTER)
        system.get("shop", "/a", **override(one))
        system.get("shop", "/b", X_Wanted="yes", **override(two))
        system.get("shop", "/throw", **override(one))
        system.get("shop", "/needle", **override(one))
        tails["self"].event(path="/needle")
        time.sleep(0.3)
        found = {name: {path_of(e) for e in tail.events} for name, tail in tails.items()}
    everything = {"/a", "/b", "/throw", "/needle"}
    assert found == {
        "version": {"/b"},
        "status": {"/throw"},
        "method": set(),
        "header": {"/b"},
        "search": {"/needle"},
        "self": everything,
        "nobody": set(),
    }


def test_rpc_calls_are_told_with_method_and_entrypoint(system, proxy, shop, tmp_path):
    with tailing(system, tmp_path, proxy, "pricing", "--format", "json") as tail:
        assert system.get("shop", "/rpc").text == "3"
        (event,) = tail.wait(lambda: tail.events)
        assert event["event"] == {"rpcMethod": "add"} and event["entrypoint"] == "Named"
        assert event["logs"][0]["message"] == ["adding", 1, 2]


def test_a_session_that_nobody_listens_to_is_gone(system, proxy, shop, tmp_path):
    with tailing(system, tmp_path, proxy, "shop", "--format", "json") as tail:
        assert sessions(system, "shop") is not None
        tail.kill()
        deadline = time.monotonic() + 30
        while sessions(system, "shop") is not None:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_reader_that_reads_nothing_slows_nobody(system, proxy, shop, tmp_path):
    """Requests are answered, and the other tail gets every event, while its own wait or drop."""
    made = system.api("POST", "/workers/scripts/shop/tails", json={"filters": []}).json()["result"]
    port, path = re.fullmatch(r"ws://127\.0\.0\.1:(\d+)(/.*)", made["url"]).groups()
    with closing(socket.create_connection(("127.0.0.1", int(port)))) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(HANDSHAKE.format(path=path, port=port).encode())
        assert deaf.recv(12) == b"HTTP/1.1 101"
        with tailing(system, tmp_path, proxy, "shop", "--format", "json") as tail:
            slowest = 0.0
            for number in range(300):
                began = time.monotonic()
                assert system.get("shop", f"/quiet?n={number}", X_Padding="x" * 4000).is_success
                slowest = max(slowest, time.monotonic() - began)
            tail.wait(lambda: len(tail.events) >= 300, 20)
        assert slowest < 2.0
        assert system.active("shop")["id"], "the control plane answers"
