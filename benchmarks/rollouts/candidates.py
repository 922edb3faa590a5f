"""Bad candidates on a real edge with traffic: at which step each is caught, by what, how soon.

`python -m benchmarks.rollouts.candidates [--rate N] [NAME…]`. Each candidate is rolled out by the
same plan beside the same stable Worker. `failed by the switch` are requests that failed although
neither the candidate's code nor its process failed them: of stable, of the edge, or without an
answer.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.base import figures, machine, system as systems
from benchmarks.base.system import System
from benchmarks.rollouts.bad_workers import BADNESS, SUITE, source
from benchmarks.rollouts.turns import Api, Observation, Traffic, manage, moment, rollout

WORKER = "shop"
PLAN = (
    *("--steps", "5:12s,25:24s,50:24s,100", "--final-bake", "5s", "--suite", "smoke"),
    *("--min-sample", "20", "--min-callers", "10", "--auto", "--wait", "--timeout", "200"),
)
PROCESS_FAILS = ("crashes at start", "hangs", "leaks memory")
WARM_UP = 20
"""Seconds of traffic before the first rollout: stable's p99 needs 680 requests."""


@dataclass(frozen=True)
class Result:
    """How one rollout ended. Times in seconds: from its start, from its last step, from the
    decision until every edge was proved to run stable."""

    name: str
    state: str
    at: str
    code: str
    from_start: float
    in_step: float
    verified: float | None
    own: int
    by_switch: int


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.rollouts.candidates", description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BADNESS))
    options.add_argument("--rate", type=int, default=80, help="requests a second")
    given = options.parse_args()
    if unknown := set(given.names) - set(BADNESS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(BADNESS)}")
    with systems.running() as system:
        system.upload(WORKER, source("stable"), live=True)
        _import_suite(system)
        print(machine.conditions(), f"{given.rate} requests a second", sep="; ", flush=True)
        with Traffic(system, WORKER, given.rate) as traffic:
            time.sleep(WARM_UP)
            results = []
            for name in given.names or BADNESS:
                results.append(try_out(system, traffic, name))
                print(_row(results[-1]), flush=True)
    print("\n" + figures.table(HEAD, [_row(result) for result in results]))


def try_out(system: System, traffic: Traffic, name: str) -> Result:
    """Rolls one candidate out, as far as it comes."""
    version = system.upload(WORKER, source(name))
    before = traffic.seen
    traffic.seen = seen = Observation(version, process_fails=name in PROCESS_FAILS)
    with _killed_at_start(system, version, on=name == "crashes at start"):
        ended = rollout(system, "start", "--worker", WORKER, "--version", version, *PLAN)
    time.sleep(2)  # what was under way when the switch came
    story = Api(system).rollout(WORKER, ended["id"])
    for when, others in (("before ", before.others), ("", seen.others)):
        for why, number in others.items():
            print(f"  {when}{name}: {number} × {why}")
    return _result(name, story, seen)


def _result(name: str, story: dict[str, Any], seen: Observation) -> Result:
    events = story["events"]
    at, stepped = "0%", moment(story["started_at"])
    for event in events:
        if event["state"] in ("rolling_back", "done", "held"):
            break
        if "percentage" in event["facts"] and event["code"] != "started":
            at, stepped = event["facts"]["percentage"], moment(event["at"])
    decided = moment(event["at"])
    verified = next((moment(e["at"]) for e in events if e["code"] == "verified"), None)
    return Result(
        name=name,
        state=story["state"],
        at="100%" if story["state"] == "done" else at,
        code=event["code"],
        from_start=(decided - moment(story["started_at"])).total_seconds(),
        in_step=(decided - stepped).total_seconds(),
        verified=(verified - decided).total_seconds() if verified else None,
        own=seen.own,
        by_switch=sum(seen.others.values()),
    )


HEAD = [
    *("candidate", "ended", "at", "by", "from start, s", "in the step, s"),
    *("to verified, s", "its own failures", "failed by the switch"),
]


def _row(result: Result) -> list[object]:
    verified = "–" if result.verified is None else f"{result.verified:.1f}"
    return [
        *(result.name, result.state, result.at, result.code),
        *(f"{result.from_start:.1f}", f"{result.in_step:.1f}", verified),
        *(result.own, result.by_switch),
    ]


def _import_suite(system: System) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(SUITE)
        file.flush()
        manage(system, "smoke", "import", "--worker", WORKER, file.name)


@contextmanager
def _killed_at_start(system: System, version: str, *, on: bool) -> Iterator[None]:
    """Ends the version's process by SIGSEGV whenever there is one, as a native crash would."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.1):
            for pid in system.processes().get("workerd", []):
                if _writes_for(pid, version):
                    os.kill(pid, signal.SIGSEGV)

    killer = threading.Thread(target=kill)
    if on:
        killer.start()
    yield
    over.set()
    if on:
        killer.join()


def _writes_for(pid: int, version: str) -> bool:
    try:
        return version in os.readlink(f"/proc/{pid}/fd/1")
    except OSError:
        return False


if __name__ == "__main__":
    main()
