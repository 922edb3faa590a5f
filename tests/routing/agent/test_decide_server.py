"""The decide service, over a real socket."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from routing.agent import decide_server
from routing.agent.decide_server import Decider
from routing.rules.decide import judge
from tests.routing.agent.histories import make_worker, snapshot

APPLIED = snapshot(1, make_worker("shop", "b", "a", weight=0, other_versions=("old",)))
DESIRED = snapshot(2, make_worker("shop", "c", "b", weight=0, other_versions=("a", "old")))


@pytest.fixture
def decider():
    decider = Decider()
    decider.know(APPLIED, DESIRED)
    return decider


@asynccontextmanager
async def connection(decider, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server = decide_server.serve(decider)
    await server.start()
    reader, writer = await asyncio.open_unix_connection("decide.sock", limit=1 << 20)
    try:
        yield lambda *lines, **kw: ask(reader, writer, *lines, **kw)
    finally:
        writer.close()
        server.stop()


async def ask(reader, writer, *lines, route="shop/percentage+checked"):
    head = ["GET /decide HTTP/1.1", "host: decide", f"X-Edge-Route: {route}"]
    head += [f"Cloudflare-Workers-Version-Overrides: {line}" for line in lines]
    writer.write("\r\n".join([*head, "", ""]).encode("latin-1"))
    answer = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    assert answer[0] == "HTTP/1.1 200 OK"
    found = dict(line.split(": ", 1) for line in answer[1:-2])
    assert found.pop("content-length") == "0"
    assert found.pop("x-envoy-auth-headers-to-remove") == "x-edge-none"
    return found


@pytest.mark.parametrize(
    ("line", "outcome", "version"),
    [
        # In the deployment: what is told counts only where no route knows the version any more
        # (it is leaving) or yet (it stays or comes); the route that matches says `applied`.
        ('shop="a"', "not_in_deployment", "a"),
        ('shop="b"', "not_propagated", "b"),
        ('shop="c"', "not_propagated", "c"),
        ('shop="old"', "not_in_deployment", "old"),
        ('shop="nobody"', "unknown_version", "nobody"),
        ('shop="b", shop="a"', "not_in_deployment", "a"),
        ("shop=a", "not_a_string", None),
        ('till="a"', "not_addressed", None),
        ('shop="a', "invalid_header", None),
        ('SHOP="a"', "invalid_header", None),
        ("\xff", "invalid_header", None),
        ("", "absent", None),
        ('shop="no spaces in ids"', "unknown_version", None),
        (f'shop="{"x" * 65}"', "unknown_version", None),
    ],
)
async def test_outcomes(line, outcome, version, decider, tmp_path, monkeypatch):
    expected = {"x-edge-outcome": outcome} | ({"x-edge-version": version} if version else {})
    async with connection(decider, tmp_path, monkeypatch) as ask:
        assert await ask(line) == expected
        assert await ask(line) == expected  # from memory


async def test_two_lines_are_one_field(decider, tmp_path, monkeypatch):
    async with connection(decider, tmp_path, monkeypatch) as ask:
        assert (await ask('till="x"', 'shop="a"'))["x-edge-version"] == "a"


async def test_an_unknown_worker_is_answered_too(decider, tmp_path, monkeypatch):
    async with connection(decider, tmp_path, monkeypatch) as ask:
        assert (await ask('x="a"', route="x/percentage"))["x-edge-outcome"] == "unknown_version"
        assert (await ask('x="a"', route=""))["x-edge-outcome"] == "not_addressed"


async def test_a_header_of_128_kb(decider, tmp_path, monkeypatch):
    members = ", ".join(f'w{n}="{"v" * 30}"' for n in range(3300))
    async with connection(decider, tmp_path, monkeypatch) as ask:
        began = time.perf_counter()
        assert (await ask(members + ', shop="a"'))["x-edge-version"] == "a"
        print(f"{len(members)} bytes in {1000 * (time.perf_counter() - began):.1f} ms")
    assert len(members) > 126_000


async def test_a_new_snapshot_is_known_at_once(decider, tmp_path, monkeypatch):
    async with connection(decider, tmp_path, monkeypatch) as ask:
        assert (await ask('shop="d"'))["x-edge-outcome"] == "unknown_version"
        coming = snapshot(3, make_worker("shop", "d", "b", weight=0))
        decider.know(DESIRED, coming)
        assert (await ask('shop="d"'))["x-edge-outcome"] == "not_propagated"
        assert (await ask('shop="c"'))["x-edge-outcome"] == "not_in_deployment"


async def test_a_fault_is_answered_with_nothing(tmp_path, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("on purpose")

    async with connection(Decider(broken), tmp_path, monkeypatch) as ask:
        assert await ask('shop="a"') == {}
    assert "on purpose" in caplog.text


def test_answers_are_kept_but_not_without_limit():
    asked = []

    def counting(target, lines):
        asked.append(lines)
        return judge(target, lines)

    decider = Decider(counting)
    decider.know(APPLIED)
    for _ in range(3):
        decider.answer(request('shop="a"'))
    assert len(asked) == 1
    for number in range(decide_server._KEPT):
        decider.answer(request(f'x{number}="a"'))
    assert len(decider._kept) == decide_server._KEPT
    decider.answer(request('shop="a"'))
    assert len(asked) == 2 + decide_server._KEPT


def request(line):
    headers = [
        (b"x-edge-route", b"shop/percentage+checked"),
        (b"cloudflare-workers-version-overrides", line.encode()),
    ]
    return decide_server.Request("GET", "/decide", headers)
