"""`make bench-steps`: percentage changes under load, with a Worker of every kind of storage.

Clients use static assets, KV, D1, R2, the cache and a counter of a Durable Object while the
percentages change; no request may fail, and what was acknowledged must be there at the end. The
latencies of the same clients without changes, in the same run, are the peer. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from benchmarks.base import figures, machine, system as systems
from benchmarks.base.system import System
from benchmarks.rollouts import storing

CLIENTS = 2
"""Of each kind."""
PAUSE = 0.03
SHARES = (0, 1, 10, 25, 50, 75, 90, 100)


@dataclass
class Seen:
    """Requests of one kind: seconds of those that were answered, texts of those that failed."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)


Results = dict[str, Seen]


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.rollouts.steps", description=__doc__)
    options.add_argument("--changes", type=int, default=30)
    options.add_argument("--seconds", type=float, default=1.0, help="between two changes")
    options.add_argument("--without-objects", action="store_true")
    given = options.parse_args()
    kinds = [kind for kind in storing.KINDS if not (given.without_objects and kind == "object")]
    with systems.running() as system:
        versions = storing.publish(system, "object" in kinds)
        results = asyncio.run(_run(system, versions, kinds, given.changes, given.seconds))
    print(_report(*results))
    if any(seen.failures for phase in results for seen in phase.values()):
        sys.exit(1)


async def _run(
    system: System, versions: tuple[str, str], kinds: list[str], changes: int, seconds: float
) -> tuple[Results, Results]:
    """Without changes for as long as with them."""
    url = f"http://127.0.0.1:{system.edge_port}"
    headers = {"Host": f"{storing.WORKER}.localhost"}
    async with aiohttp.ClientSession(url, headers=headers) as http:
        await _warm_up(http, kinds)
        calm = await _under_load(http, kinds, lambda: asyncio.sleep(changes * seconds))
        counters = dict(await _counts(http, kinds))
        stepped = await _under_load(
            http, kinds, lambda: _change(system, versions, changes, seconds)
        )
        for kind, count in (await _counts(http, kinds)).items():
            acknowledged = counters[kind] + len(stepped[kind].seconds)
            if count < acknowledged:
                stepped[kind].failures.append(f"{acknowledged} acknowledged, {count} stored")
    return calm, stepped


async def _change(system: System, versions: tuple[str, str], changes: int, seconds: float) -> None:
    draw = random.Random(1)
    for _ in range(changes):
        share = draw.choice(SHARES)
        first, second = versions
        shares = [(first, 100.0 - share), (second, float(share))]
        await asyncio.to_thread(system.deploy, storing.WORKER, *shares)
        await asyncio.sleep(seconds)


async def _under_load(
    http: aiohttp.ClientSession, kinds: list[str], story: Callable[[], Awaitable[None]]
) -> Results:
    results = {kind: Seen() for kind in kinds}
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for kind in kinds:
            for number in range(CLIENTS):
                group.create_task(_client(http, kind, number, results[kind], ended))
        await story()
        ended.set()
    return results


async def _client(
    http: aiohttp.ClientSession, kind: str, number: int, seen: Seen, ended: asyncio.Event
) -> None:
    loop = asyncio.get_running_loop()
    turn = 0
    while not ended.is_set():
        turn += 1
        began = loop.time()
        try:
            version = await storing.use(http, kind, f"{number}-{turn}")
        except (aiohttp.ClientError, TimeoutError, storing.WrongAnswer) as error:
            seen.failures.append(str(error) or type(error).__name__)
        else:
            seen.seconds.append(loop.time() - began)
            seen.versions[version] += 1
        await asyncio.sleep(PAUSE)


async def _warm_up(http: aiohttp.ClientSession, kinds: list[str]) -> None:
    for kind in kinds:
        for attempt in range(100):
            try:
                await storing.use(http, kind, f"warm-{attempt}")
                break
            except (aiohttp.ClientError, TimeoutError, storing.WrongAnswer) as error:
                if attempt == 99:
                    sys.exit(f"{kind}: {error}")
                await asyncio.sleep(0.2)


async def _counts(http: aiohttp.ClientSession, kinds: list[str]) -> dict[str, int]:
    """What the counters of kinds that count have now."""
    return {kind: await storing.count(http, kind) for kind in kinds if kind in storing.COUNTERS}


def _report(calm: Results, stepped: Results) -> str:
    rows = []
    for kind, seen in stepped.items():
        before, after = calm[kind].seconds, seen.seconds
        rows.append(
            [
                kind,
                len(after),
                len(seen.failures),
                len(seen.versions),
                f"{1000 * figures.percentile(before, 50):.0f}",
                f"{1000 * figures.percentile(after, 50):.0f}",
                f"{1000 * figures.percentile(before, 99):.0f}",
                f"{1000 * figures.percentile(after, 99):.0f}",
                f"{1000 * max(after):.0f}",
            ]
        )
    head = ["", "requests", "failed", "versions", "p50 calm", "p50", "p99 calm", "p99", "longest"]
    failures = [f"{kind}: {text}" for kind, seen in stepped.items() for text in seen.failures[:3]]
    failures += [f"{kind}, calm: {t}" for kind, seen in calm.items() for t in seen.failures[:3]]
    text = "\n".join(failures)
    return f"\n{figures.table(head, rows)}\n{text}\n{machine.conditions()}"


if __name__ == "__main__":
    main()
