"""From the click on Abort to proof on every edge, while requests go on.

`python -m benchmarks.rollouts.abort [--rounds N] [--rate N]`. In each round a candidate has half
of the traffic when the rollout is aborted. The clock runs from the moment the request is sent to
Sluice: until it is answered, until every edge has the deployment, and until a fresh request
through each edge ran stable. Failed are all requests that got no answer or one of 5xx, from before
the click until two seconds after the proof.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.base import figures, machine, system as systems
from benchmarks.base.system import System
from benchmarks.rollouts.bad_workers import source
from benchmarks.rollouts.turns import Api, Observation, Traffic, moment, rollout

WORKER = "shop"
PLAN = ("--steps", "50:1h,100", "--auto")
ENDED = ("rolled_back", "aborted", "needs_attention")


@dataclass(frozen=True)
class Round:
    """Seconds from the click, and requests that were sent and that failed."""

    answered: float
    edges: float
    verified: float
    sent: int
    failed: int


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.rollouts.abort", description=__doc__)
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--rate", type=int, default=100, help="requests a second")
    given = options.parse_args()
    with systems.running() as system:
        system.upload(WORKER, source("stable"), live=True)
        version = system.upload(WORKER, source("good"))
        print(machine.conditions(), f"{given.rate} requests a second", sep="; ", flush=True)
        with Traffic(system, WORKER, given.rate) as traffic:
            rounds = [abort_once(system, traffic, version) for _ in range(given.rounds)]
    print("\n" + report(rounds))


def abort_once(system: System, traffic: Traffic, version: str) -> Round:
    """One rollout up to 50%, and back."""
    api = Api(system)
    started = rollout(system, "start", "--worker", WORKER, "--version", version, *PLAN)
    ramping = api.until(WORKER, started["id"], lambda now: now["percentage"] == 50, 30)
    time.sleep(2)  # half of the traffic is on the candidate
    traffic.seen = seen = Observation()
    clicked = datetime.now(UTC)
    believed = {key: ramping[key] for key in ("deployment_id", "step")}
    api.act(WORKER, ramping["id"], "abort", **believed)
    answered = datetime.now(UTC)
    ended = api.until(WORKER, ramping["id"], lambda now: now["state"] in ENDED, 100)
    time.sleep(2)
    at = {event["code"]: moment(event["at"]) for event in ended["events"]}
    round_ = Round(
        answered=(answered - clicked).total_seconds(),
        edges=(at["edges_ready"] - clicked).total_seconds(),
        verified=(at["verified"] - clicked).total_seconds(),
        sent=sum(seen.statuses.values()),
        failed=seen.own + sum(seen.others.values()),
    )
    print(f"{round_.verified:.2f} s, {round_.failed} of {round_.sent} failed", flush=True)
    return round_


def report(rounds: list[Round]) -> str:
    """A table in milliseconds, and the requests."""
    times = {
        "the request is answered": [r.answered for r in rounds],
        "every edge has the deployment": [r.edges for r in rounds],
        "every edge ran stable": [r.verified for r in rounds],
    }
    rows = [
        [name, *(f"{1000 * figures.percentile(values, p):.0f}" for p in (50, 95, 100))]
        for name, values in times.items()
    ]
    table = figures.table(["from the click until, ms", "p50", "p95", "max"], rows)
    sent, failed = sum(r.sent for r in rounds), sum(r.failed for r in rounds)
    return f"{table}\n\n{failed} of {sent:,} requests failed in {len(rounds)} aborts"


if __name__ == "__main__":
    main()
