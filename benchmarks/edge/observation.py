"""What counting every request costs, and that it is exact: sent = counted.

    python -m benchmarks.edge.observation [--rate 2000] [--seconds 60] [--away 20] [--lines 20000]

First the agent's work on a line of the log, against plain `json.loads` of the same lines. Then a
whole system under a steady load: its control plane is stopped for `--away` seconds and killed, and
its agent is killed with a batch in flight. At the end every request must have been counted once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.base import machine
from benchmarks.base.figures import table
from benchmarks.base.system import System, running
from benchmarks.rollouts.steady import Load
from routing.agent.access_log.log_line import parse
from routing.agent.access_log.log_rows import Sampler, read
from routing.agent.access_log.request_counts import Tally

ROUNDS = 9
HELLO = "export default { fetch() { return new Response('hello') } }"
EDGE = ("envoy", "workerd", "agent")


def lines(count: int) -> list[bytes]:
    """Lines as Envoy writes them: two versions, some errors, within two minutes."""
    dice = random.Random(1)
    return [_line(n, dice) for n in range(count)]


def _line(n: int, dice: random.Random) -> bytes:
    said = {
        "attempts": 1,
        "client": "127.0.0.1",
        "deployment": "0b2f7a53-5f3c-4a8e-9d59-1f9d54f3a111",
        "details": "via_upstream",
        "flags": "-",
        "host": "shop.localhost:8787",
        "id": f"b5a7c6d1-8c0e-4f5a-9a51-{n:012x}",
        "line": f"e37d54a1-93bb-4c7e-8a54-{n:012x}",
        "listener": "public",
        "method": "GET",
        "ms": 2,
        "outcome": None,
        "path": f"/api/basket/{n % 500}",
        "proto": "HTTP/1.1",
        "ray": f"{n:016x}-DEV",
        "revision": 41,
        "route": "shop/percentage" if n % 5 else "shop/affinity",
        "rx": 0,
        "status": 200 if dice.random() > 0.01 else 500,
        "ts": f"{1_795_398_480 + n * 120 / 20_000:.6f}",
        "tx": 512,
        "typed": "t",
        "us": int(dice.lognormvariate(8, 0.7)),
        "version": "7f3ae91b-5f3c-4a8e-9d59-1f9d54f3a111"
        if dice.random() > 0.25
        else "d1c8a4f2-5f3c-4a8e-9d59-1f9d54f3a111",
    }
    return json.dumps(said, separators=(",", ":")).encode()


def cost(count: int) -> None:
    """µs for a line, all ways in turn."""
    given = lines(count)
    ways: dict[str, Callable[[], object]] = {
        "json.loads, nothing more": lambda: [json.loads(raw) for raw in given],
        "parse (msgspec)": lambda: [parse(raw) for raw in given],
        "parse and count": lambda: _counted(given),
        "parse, count, sample rows (the agent)": lambda: read(given, Sampler(50)).tally.told(),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            took[name].append(1e6 * (time.process_time() - began) / count)
    base = statistics.median(took["json.loads, nothing more"])
    rows = [
        (
            name,
            f"{min(each):.2f}",
            f"{statistics.median(each):.2f}",
            f"{statistics.median(each) / base:.2f}",
        )
        for name, each in took.items()
    ]
    print(f"{count} lines of {len(given[0])} bytes, {ROUNDS} rounds in turn\n")
    print(table(["a line", "least µs", "median µs", "of json.loads"], rows))


def _counted(given: list[bytes]) -> object:
    tally = Tally()
    for raw in given:
        parsed = parse(raw)
        if parsed:
            tally.add(*parsed)
    return tally.told()


def exactness(rate: int, seconds: float, away: float) -> bool:
    """Everything sent is counted, whatever happens to the control plane and to the agent."""
    with running() as system:
        system.upload("hello", HELLO, live=True)
        time.sleep(1)
        sent = Load(system.edge_port, "hello.localhost").run(1, 50)  # warm
        before = {role: machine.cpu_seconds(pids) for role, pids in system.processes().items()}
        answered = asyncio.run(_through_an_outage(system, rate, seconds, away))
        used = {
            role: machine.cpu_seconds(pids) - before.get(role, 0.0)
            for role, pids in system.processes().items()
        }
        _said(system, "load with an outage", sent + answered)
        _costs(used, answered)
        after = _through_a_killed_agent(system)
        return _said(system, "agent killed with a batch in flight", sent + answered + after)


async def _through_an_outage(system: System, rate: int, seconds: float, away: float) -> int:
    """The control plane is silent for a while in the middle, and killed in the end."""
    load = Load(system.edge_port, "hello.localhost")
    sending = asyncio.create_task(load.steady(rate, seconds))
    await asyncio.sleep(max(1.0, (seconds - away) / 3))
    web = system.processes()["web"]
    _signal(web, signal.SIGSTOP)
    await asyncio.sleep(away)
    _signal(web, signal.SIGCONT)
    await asyncio.sleep(max(0.5, (seconds - away) / 4))
    _signal(web, signal.SIGKILL)
    answered = await sending
    print(
        f"\n{answered} requests in {seconds:.0f} s, {answered / seconds:.0f} a second; "
        f"control plane stopped for {away:.0f} s, then killed; {load.failed} failed"
    )
    return answered


def _through_a_killed_agent(system: System) -> int:
    processes = system.processes()
    _signal(processes["web"], signal.SIGSTOP)
    before = Load(system.edge_port, "hello.localhost").run(4, 500)
    time.sleep(0.6)
    _signal(processes["agent"], signal.SIGKILL)
    _signal(processes["web"], signal.SIGCONT)
    time.sleep(6)
    return before + Load(system.edge_port, "hello.localhost").run(4, 500)


def _signal(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, what)


def _said(system: System, what: str, expected: int, within: float = 90) -> bool:
    began = time.monotonic()
    while (found := counted(system.data_dir)) != expected and time.monotonic() - began < within:
        time.sleep(0.2)
    waited = time.monotonic() - began
    verdict = "exact" if found == expected else f"OFF BY {found - expected}"
    print(f"{what}: sent {expected}, counted {found} after {waited:.1f} s: {verdict}")
    print(f"  gaps: {gaps(system.data_dir) or 'none'}")
    return found == expected


def _costs(used: dict[str, float], requests: int) -> None:
    edge = sum(used.get(role, 0.0) for role in EDGE)
    each = {role: f"{1e6 * seconds / requests:.1f}" for role, seconds in sorted(used.items())}
    share = 100 * used.get("agent", 0.0) / edge if edge else 0.0
    print(f"  CPU µs a request: {each}; the agent is {share:.1f} % of the edge")


def counted(data: Path) -> int:
    """External requests in the minute rollups."""
    return int(
        _asked(
            data,
            "SELECT coalesce(sum(requests), 0) FROM observability_count "
            "WHERE span = 60 AND hop = 'external'",
        )[0][0]
    )


def gaps(data: Path) -> list[tuple[Any, ...]]:
    """What the control plane knows to be missing."""
    return _asked(data, "SELECT kind, lines FROM observability_gap")


def _asked(data: Path, question: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(data / "sluice.sqlite3", timeout=20) as rows:
        return rows.execute(question).fetchall()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rate", type=int, default=2000, help="requests a second")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--away", type=float, default=20, help="seconds without a control plane")
    options.add_argument("--lines", type=int, default=20_000)
    given = options.parse_args()
    print(machine.conditions())
    cost(given.lines)
    exact = exactness(given.rate, given.seconds, given.away)
    print(machine.conditions())
    sys.exit(0 if exact else 1)


if __name__ == "__main__":
    main()
