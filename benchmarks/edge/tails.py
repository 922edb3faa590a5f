"""What observing costs: CPU a request with and without details, and many who look at once.

`python -m benchmarks.edge.tails [seconds]`. Two systems run side by side, one that collects
details and one that does not (SLUICE_EDGE_DETAILS=0); each case is driven in turns on both. CPU is
that of everything on the way of a request (Envoy, workerd) and of the agent. Then 50 live logs and
10 tails of one Worker are open while it answers `RATE` requests a second.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from benchmarks.base import figures, machine
from benchmarks.base.load import Target, drive
from benchmarks.base.system import System, running
from benchmarks.dashboard.viewers import PASSWORD, Seen, many_look

_ROUNDS = 5
_QUIET = "export default { fetch() { return new Response('hi'); } };\n"
_SPEAKS = "export default { fetch() { console.log('hit', 1); return new Response('hi'); } };\n"
RATE, SECONDS = 100, 20
LOGS, TAILS = 50, 10


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(machine.conditions(), flush=True)
    with running() as told, running(SLUICE_EDGE_DETAILS="0") as silent:
        for system in (told, silent):
            system.upload("quiet", _QUIET, live=True)
            system.upload("speaks", _SPEAKS, live=True)
            for worker in ("quiet", "speaks"):
                system.wait_for(worker, _deployment(system, worker))
        print(_costs(told, silent, seconds), flush=True)
    with running(SLUICE_ADMIN_PASSWORD=PASSWORD) as system:
        system.upload("speaks", _SPEAKS, live=True)
        system.wait_for("speaks", _deployment(system, "speaks"))
        print(_looked_at(system))
    print(f"\n{machine.conditions()}")


def _costs(told: System, silent: System, seconds: int) -> str:
    rows: list[Sequence[object]] = []
    for worker, title in (("quiet", "no console line"), ("speaks", "one console line")):
        with_details, without = _in_turns([told, silent], worker, seconds)
        cost, base = figures.quartile(with_details), figures.quartile(without)
        rows.append((title, f"{base:.0f}", f"{cost:.0f}", f"{cost / base - 1:+.0%}"))
    head = ("CPU a request, µs", "without details", "with", "difference")
    return "\n" + figures.table(head, rows)


def _in_turns(systems: Sequence[System], worker: str, seconds: int) -> list[list[float]]:
    """µs of CPU a request of each system, round by round; the first round only warms up."""
    found: list[list[float]] = [[] for _ in systems]
    for number in range(_ROUNDS + 1):
        for system, costs in zip(systems, found, strict=True):
            cost = _cpu_of(system, worker, seconds if number else 1)
            if number:
                costs.append(cost)
    return found


def _cpu_of(system: System, worker: str, seconds: int) -> float:
    roles = system.processes()
    pids = [pid for role in ("envoy", "workerd", "agent") for pid in roles.get(role, [])]
    before = machine.cpu_seconds(pids)
    load = drive(Target(system.edge_port, {"Host": f"{worker}.localhost"}), seconds)
    return 1e6 * (machine.cpu_seconds(pids) - before) / load.requests


def _looked_at(system: System) -> str:
    alone = asyncio.run(many_look(system, "speaks", logs=0, tails=0, rate=RATE, seconds=SECONDS))
    seen = asyncio.run(
        many_look(system, "speaks", logs=LOGS, tails=TAILS, rate=RATE, seconds=SECONDS)
    )
    head = (f"{RATE} requests/s for {SECONDS} s", "nobody looks", f"{LOGS} logs, {TAILS} tails")
    return "\n" + figures.table(head, _compared(alone, seen))


def _compared(alone: Seen, seen: Seen) -> list[Sequence[object]]:
    return [
        ("requests sent", alone.sent, seen.sent),
        ("requests failed", alone.failed, seen.failed),
        ("request p50 / p99, ms", alone.latency, seen.latency),
        ("events of each tail, fewest to most", "–", seen.spread(seen.tails)),
        ("rows of each live log, fewest to most", "–", seen.spread(seen.logs)),
        ("left out, as told to each reader at most", "–", seen.missed),
        ("request to tail event, p50 / p99, ms", "–", seen.delay),
        ("CPU of the web process, % of a core", f"{alone.web:.0f}", f"{seen.web:.0f}"),
        ("CPU of agent, % of a core", f"{alone.agent:.0f}", f"{seen.agent:.0f}"),
    ]


def _deployment(system: System, worker: str) -> str:
    return str(system.call("GET", f"{worker}/deployments")["deployments"][0]["id"])


if __name__ == "__main__":
    main()
