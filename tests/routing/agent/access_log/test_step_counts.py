"""Counts of a rollout's steps: blocks, thresholds, and callers that count once in a block."""

from __future__ import annotations

import random

import pytest

from routing.agent.access_log.log_line import meaning, parse
from routing.agent.access_log.log_rows import Sampler, read
from routing.agent.access_log.step_counts import SpecMemory, StepMemory, StepTally
from routing.snapshot import CountSpec, DeploymentSpec, Snapshot, WorkerSpec
from tests.routing.agent.access_log.test_log_rows import line

SPEC = CountSpec(block_seconds=2, fine_until=120, slow_p95_us=50_000, slow_p99_us=90_000)


def counted(*lines: bytes, spec: CountSpec = SPEC) -> StepTally:
    return read(lines, Sampler(0), {"d1": spec}).steps


def rows(*lines: bytes) -> list[list[object]]:
    return StepMemory().rows(counted(*lines))


def test_blocks_are_short_at_first_and_a_minute_each_later() -> None:
    starts = [row[0] for row in rows(*(line(ts=t) for t in ("59.9", "60.0", "119.9", "181.5")))]
    assert starts == [58, 60, 118, 180]


def test_failed_and_slow_requests_are_counted_apart() -> None:
    logged = [line(), line(status=500, typed="t"), line(us=60_000), line(us=95_000, status=404)]
    assert [row[1:] for row in rows(*logged)] == [["v1", "d1", 4, 4, 1, 1, 2, 2, 1, 1]]


def test_a_caller_with_a_key_counts_once_in_a_block_and_one_without_each_time() -> None:
    slow = {"us": 60_000, "ts": "10"}
    keyed = [line(key="u1", **slow), line(key="u1", **slow), line(key="u2", ts="11")]
    (row,) = rows(*keyed, line(client="10.0.0.1", **slow), line(client="10.0.0.1", **slow))
    assert row[3:5] == [5, 4], "5 requests, 4 observations"
    assert row[7:9] == [4, 3], "4 slow ones, 3 observations"


def test_a_caller_that_was_counted_is_not_counted_again_until_the_next_block() -> None:
    memory = StepMemory()
    first = counted(line(key="u1", ts="10"))
    memory.remember(first)
    later = counted(line(key="u1", ts="11", us=60_000), line(key="u1", ts="12"))
    assert [row[3:9] for row in memory.rows(later)] == [[1, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    "given",
    [
        {"listener": "proof"},
        {"route": "shop/override"},
        {"route": "shop/rpc", "method": "CONNECT"},
        {"deployment": "another"},
        {"preview": "shop"},
    ],
)
def test_what_the_percentages_did_not_decide_does_not_count(given: dict[str, str]) -> None:
    assert rows(line(**given)) == []


def test_a_websocket_is_never_slow() -> None:
    (row,) = rows(line(status=101, us=3_600_000_000))
    assert row[7:] == [0, 0, 0, 0]


def test_the_last_requests_of_an_earlier_deployment_are_still_counted() -> None:
    memory = SpecMemory(most=2)
    for name in ("d1", "d2", "d3"):
        deployment = DeploymentSpec(id=name, shares=(), counts=SPEC)
        worker = WorkerSpec(name="shop", hostnames=(), deployment=deployment, versions=())
        memory.learn(Snapshot(revision=1, workers=(worker,)))
    assert list(memory.by_deployment) == ["d2", "d3"]


def test_callers_without_a_key_are_compared_fairly_at_any_share() -> None:
    """Thirty requests each of a few addresses, drawn at 75%, one in ten slow whatever the version:
    by address three quarters of the candidate's callers would be slow, and a third of stable's."""
    dice, tally = random.Random(7), StepTally()
    for n in range(6_000):
        version = "v2" if dice.random() < 0.75 else "v1"
        took = 60_000 if dice.random() < 0.1 else 1_000
        raw = line(version=version, us=took, client=f"10.0.0.{n % 200}", ts="10")
        logged, at = parse(raw)
        tally.add(logged, meaning(logged.route, logged.outcome), at, SPEC)
    shares = [row[8] / row[4] for row in StepMemory().rows(tally)]
    assert shares == pytest.approx([0.1, 0.1], abs=0.02)
