"""The decide service, over a real socket."""

import asyncio
import threading
from contextlib import asynccontextmanager

import pytest

from routing.agent.answers import decide_server
from routing.agent.answers.decide_server import MOST_WAITING, Decider
from routing.agent.base.tasks import Tasks
from routing.rules.decide import judge
from routing.rules.override import LONGEST_FIELD
from tests.routing.agent.histories import make_worker, snapshot

APPLIED = snapshot(1, make_worker("shop", "b", "a", weight=0, other_versions=("old",)))
DESIRED = snapshot(2, make_worker("shop", "c", "b", weight=0, other_versions=("a", "old")))


@pytest.fixture
def decider():
    decider = Decider()
    decider.update_snapshots(APPLIED, DESIRED)
    return decider


@asynccontextmanager
async def connection(decider, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with asyncio.TaskGroup() as group:
        server = decide_server.serve(decider, Tasks(group))
        await server.start()
        reader, writer = await asyncio.open_unix_connection("decide.sock", limit=1 << 20)
        try:
            yield lambda *lines, **kw: ask(reader, writer, *lines, **kw)
        finally:
            writer.close()
            server.stop()
            decider.close()


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
        # Deployed: this outcome counts only where no route matches the version any more
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


async def test_a_header_over_the_limit_is_not_judged(decider, tmp_path, monkeypatch):
    padding = LONGEST_FIELD - len('shop="a"') - len(',x=""')
    async with connection(decider, tmp_path, monkeypatch) as ask:
        longest = f'x="{"v" * padding}",shop="a"'
        assert (await ask(longest))["x-edge-version"] == "a"
        assert (await ask("v" + longest)) == {"x-edge-outcome": "invalid_header"}
        assert (await ask("v=1, " * 25_000)) == {"x-edge-outcome": "invalid_header"}


async def test_long_fields_delay_no_short_one(tmp_path, monkeypatch):
    """The thread that judges long fields is stuck; short ones are answered, and of the long ones
    only a few wait: the others are answered as if the service were away."""
    stuck = threading.Event()

    def slow(target, lines, presented):
        if len(lines[0]) > decide_server.SHORT_FIELD:
            stuck.wait(10)
        return judge(target, lines)

    decider = Decider(slow)
    decider.update_snapshots(APPLIED, DESIRED)
    long = f'shop="a", x="{"v" * 2000}"'
    async with connection(decider, tmp_path, monkeypatch) as ask:
        waiting = [decider.answer(request(f"{long}, n={n}")) for n in range(MOST_WAITING)]
        tasks = [asyncio.create_task(answer) for answer in waiting]
        assert await ask(long) == {}
        assert decider.unjudged == 1
        assert (await ask('shop="a"'))["x-edge-version"] == "a"
        stuck.set()
        answers = await asyncio.gather(*tasks)
        assert all((b"x-edge-version", b"a") in answer.headers for answer in answers)
        assert (await ask(long))["x-edge-version"] == "a"


async def test_a_late_verdict_is_not_cached_for_the_next_snapshot(tmp_path, monkeypatch):
    go_on = threading.Event()

    def slow(target, lines, presented):
        go_on.wait(10)
        return judge(target, lines)

    decider = Decider(slow)
    decider.update_snapshots(APPLIED, DESIRED)
    long = f'shop="d", x="{"v" * 2000}"'
    late = asyncio.create_task(decider.answer(request(long)))
    await asyncio.sleep(0)
    decider.update_snapshots(DESIRED, snapshot(3, make_worker("shop", "d", "b", weight=0)))
    go_on.set()
    assert (b"x-edge-outcome", b"unknown_version") in (await late).headers
    async with connection(decider, tmp_path, monkeypatch) as ask:
        assert (await ask(long))["x-edge-outcome"] == "not_propagated"


async def test_a_new_snapshot_is_known_at_once(decider, tmp_path, monkeypatch):
    async with connection(decider, tmp_path, monkeypatch) as ask:
        assert (await ask('shop="d"'))["x-edge-outcome"] == "unknown_version"
        coming = snapshot(3, make_worker("shop", "d", "b", weight=0))
        decider.update_snapshots(DESIRED, coming)
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

    def counting(target, lines, presented):
        asked.append(lines)
        return judge(target, lines)

    decider = Decider(counting)
    decider.update_snapshots(APPLIED)
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
