"""Plans played over recorded blocks: what the guardrails would have done, and when."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st

from dashboard.rollouts.backtest.replay import Outcome, Replay, replay
from dashboard.rollouts.backtest.thinning import COUNTED, NOTHING, RecordedBlock, Thinning
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.decisions.states import OnHarm
from dashboard.rollouts.external_guardrails.terms import ExternalTerms, OnBreach
from dashboard.rollouts.slow_requests.budget import SlowBudget
from dashboard.statistics.blocks import Block
from dashboard.statistics.comparison import harm_evidence
from dashboard.times.hours import parse_hours
from tests.dashboard.rollouts.playbook import NOON, plan_of

HOLDS = ExternalTerms(on_breach={"errors": OnBreach.HOLD, "limit": OnBreach.HOLD})
START = int(NOON.timestamp())


def counts(requests: int, failed: int = 0, slow: int = 0) -> dict[str, int]:
    own = {"requests": requests, "callers": requests, "failed": failed, "failing": failed}
    slow_ones = {"slow_p95": slow, "slow_p95_callers": slow}
    return {**NOTHING, **own, **slow_ones}


def minutes(
    number: int, stable: dict[str, int], candidate: dict[str, int] | None = None
) -> list[RecordedBlock]:
    return [RecordedBlock(START + 60 * i, 60, stable, candidate) for i in range(number)]


def steps_of(result: Replay) -> list[tuple[str, Outcome]]:
    return [(step.step.percentage, step.outcome) for step in result.steps]


def plan(steps: str = "10:5m,50:5m,100", **given: object) -> Plan:
    return plan_of(steps, final_bake=timedelta(minutes=5), **given)


def test_an_identical_version_reaches_100_percent_in_the_time_of_its_plan() -> None:
    result = replay(plan(), minutes(60, counts(1000, 5)))
    assert steps_of(result) == [
        ("10%", Outcome.MOVED_ON),
        ("50%", Outcome.MOVED_ON),
        ("100%", Outcome.DONE),
    ]
    assert [step.lasted for step in result.steps] == [timedelta(minutes=5)] * 3
    # The first minute of each step is its cold start.
    assert [step.figures.candidate for step in result.steps] == [(400, 2), (2000, 10), (4000, 20)]


def test_a_rise_of_failures_is_rolled_back_at_the_first_step_that_can_notice_it() -> None:
    five = replay(plan("1:5m,50:30m,100"), minutes(60, counts(1000, 5)), rise=20)
    assert five.outcome is Outcome.ROLLED_BACK
    assert five.steps[-1].decides is not None
    assert five.steps[-1].decides.name == "errors"
    assert [step.percentage for step in five.not_reached] == ["100%"]
    none = replay(plan("1:5m,50:30m,100"), minutes(60, counts(1000, 5)), rise=1)
    assert none.outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({"on_harm": OnHarm.HOLD}, Outcome.HELD),
        ({"external": HOLDS}, Outcome.HELD),
        (
            {
                "external": ExternalTerms(
                    on_breach={"errors": OnBreach.SHOW, "limit": OnBreach.SHOW}
                )
            },
            Outcome.DONE,
        ),
    ],
)
def test_a_breach_does_what_the_plan_says(given: dict[str, object], outcome: Outcome) -> None:
    blocks = minutes(60, counts(500, 2), counts(500, 200))
    assert replay(plan("50:5m,100", **given), blocks).outcome is outcome


def test_a_recorded_candidate_is_judged_by_its_own_failures() -> None:
    bad = minutes(30, counts(900, 4), counts(100, 30))
    result = replay(plan("10:5m,100"), bad)
    assert steps_of(result) == [("10%", Outcome.ROLLED_BACK)]
    assert result.steps[0].lasted < timedelta(minutes=5)
    careful = replay(plan("1:10m,100"), bad)
    assert careful.steps[0].figures.candidate[0] < result.steps[0].figures.candidate[0] * 10
    assert careful.outcome is Outcome.ROLLED_BACK


def test_slow_requests_are_judged_where_they_were_counted() -> None:
    slow = minutes(30, counts(500, 0, 25), counts(500, 0, 200))
    budget = SlowBudget(p95_us=90_000, p99_us=0, requests=10_000)
    result = replay(plan("50:10m,100"), slow, budget)
    assert result.outcome is Outcome.ROLLED_BACK
    assert result.steps[-1].decides is not None
    assert result.steps[-1].decides.name == "slow_p95"
    assert replay(plan("50:10m,100"), slow).outcome is Outcome.DONE


def test_the_error_limit_counts_whatever_stable_does() -> None:
    both = minutes(30, counts(900, 200), counts(100, 22))
    result = replay(plan("10:5m,100", error_limit=0.05), both)
    assert result.steps[0].decides is not None and result.steps[0].decides.name == "limit"


def test_too_little_traffic_waits_until_the_recording_ends() -> None:
    result = replay(plan("10:5m,100", min_sample=1000), minutes(30, counts(100)))
    assert steps_of(result) == [("10%", Outcome.RAN_OUT)]
    assert result.steps[0].decides is not None
    assert result.steps[0].decides.code == "too_few_requests"
    assert result.steps[0].lasted == timedelta(minutes=30)
    assert replay(plan(), []).steps == ()


def test_a_plan_steps_up_only_in_its_hours() -> None:
    closed = replay(plan(hours=parse_hours("mon-fri 08:00-10:00 UTC")), minutes(60, counts(1000)))
    assert steps_of(closed) == [("10%", Outcome.RAN_OUT)]


def test_a_long_step_is_looked_at_at_its_end_all_the_same() -> None:
    result = replay(plan("50:7h,100"), minutes(1000, counts(100)))
    assert result.steps[0].lasted == timedelta(hours=7)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=40),
    st.integers(0, 100_000),
    st.floats(0, 50),
)
def test_thinned_counts_are_counts_and_never_more_than_were_recorded(
    rows: list[tuple[int, int]], weight: int, rise: float
) -> None:
    blocks = [
        RecordedBlock(START + 60 * i, 60, counts(n, min(n, bad)), counts(bad, min(n, bad)))
        for i, (n, bad) in enumerate(rows)
    ]
    drawn = [RecordedBlock(b.start, 60, b.stable) for b in blocks]
    for recorded, thinning in ((blocks, Thinning()), (drawn, Thinning(rise))):
        pairs = [thinning.at(block, weight) for block in recorded]
        for candidate, stable in pairs:
            for one in (candidate, stable):
                Block(one["callers"], one["failing"], 0, 0)
                assert all(0 <= one[name] <= one["requests"] for name in ("failed", "slow_p95"))
        for name in COUNTED:
            total = sum(b.stable[name] + (b.candidate or NOTHING)[name] for b in recorded)
            most = total * max(rise, 1) if recorded is drawn else total
            assert sum(c[name] for c, _ in pairs) + sum(s[name] for _, s in pairs) <= most + 1


def test_a_replay_at_the_recorded_shares_is_what_was_recorded() -> None:
    """No thinning: the evidence is that of the live judgment over the same blocks."""
    rolls = random.Random(7)
    blocks = [
        RecordedBlock(
            START + 60 * i,
            60,
            counts(800, rolls.randint(0, 4)),
            counts(200, rolls.randint(0, 2)),
        )
        for i in range(20)
    ]
    result = replay(plan_of("20:20m,100"), blocks)
    recorded = [
        Block(200, b.candidate["failing"], 800, b.stable["failing"])
        for b in blocks[1:]
        if b.candidate
    ]
    assert list(result.steps[0].figures.blocks) == recorded
    assert harm_evidence(result.steps[0].figures.blocks) == harm_evidence(recorded)
