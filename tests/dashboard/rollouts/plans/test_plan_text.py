"""The terms of a plan as people type them, and what its steps can notice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dashboard.rollouts.decisions.plan import PRESETS, Plan, PlanError, Rule, Step, parse_steps
from dashboard.rollouts.decisions.states import OnHarm
from dashboard.rollouts.plans.detection import Traffic, detection
from dashboard.rollouts.plans.messages import SENTENCES, sentence
from dashboard.rollouts.plans.plan_text import format_steps, plan_with, read_steps
from dashboard.times.hours import format_hours, parse_hours

DAY = 1440


def test_a_step_says_its_rule_and_who_moves_it_on() -> None:
    first, second, _ = parse_steps("1:5m:sample,20:1h:proved:hand,100")
    assert (first.rule, first.automatic) == (Rule.SAMPLE, True)
    assert second == Step(20_000, timedelta(hours=1), Rule.PROVED, automatic=False)
    assert not parse_steps("20,100", automatic=False)[0].automatic
    assert parse_steps("20::auto,100", automatic=False)[0].automatic


@given(
    st.lists(
        st.builds(
            Step,
            st.integers(1, 99_999),
            st.integers(0, 86_400).map(lambda seconds: timedelta(seconds=seconds)),
            st.sampled_from(list(Rule)),
            st.booleans(),
        ),
        max_size=19,
        unique_by=lambda step: step.weight,
    )
)
def test_steps_survive_being_written_in_short(steps: list[Step]) -> None:
    ramp = (*sorted(steps, key=lambda step: step.weight), Step(100_000))
    assert parse_steps(format_steps(ramp)) == ramp


def test_steps_may_be_objects() -> None:
    rows = [{"percentage": 20, "bake": "10s", "automatic": False}, {"percentage": "100"}]
    assert read_steps(rows) == parse_steps("20:10s:hand,100")


def test_terms_go_over_those_of_another_plan() -> None:
    base = plan_with(None, {"steps": "canary", "min_sample": 7, "on_harm": "hold"})
    assert base.steps == parse_steps(PRESETS["canary"])
    plan = plan_with(base, {"margin": 3.0, "hours": "mon-thu,sat 09:00-16:00 Europe/Berlin"})
    assert (plan.min_sample, plan.on_harm, plan.margin) == (7, OnHarm.HOLD, 3.0)
    assert format_hours(plan.hours) == "mon,tue,wed,thu,sat 09:00-16:00 Europe/Berlin"
    assert plan_with(plan, {"hours": "any"}).hours is None


@pytest.mark.parametrize(
    ("terms", "field", "words"),
    [
        ({}, "steps", "Write steps"),
        ({"steps": "20:1m:luck,100"}, "steps", "luck"),
        ({"steps": [{"bake": "1m"}]}, "steps", "no percentage"),
        ({"steps": [{"percentage": 20, "rule": "luck"}]}, "steps", "Step 1"),
        ({"steps": "100", "margin": 1.0}, "margin", "above 1"),
        ({"steps": "100", "margin": float("nan")}, "margin", "above 1"),
        ({"steps": "100", "error_limit": float("nan")}, "error_limit", "above 0"),
        ({"steps": "100", "on_harm": "smile"}, "on_harm", "smile"),
        ({"steps": "100", "expiry": "soon"}, "expiry", "soon"),
        ({"steps": "100", "hours": "mon 9-16"}, "hours", "mon-thu"),
        ({"steps": "100", "hours": "mon 09:00-25:00"}, "hours", "range of times"),
        ({"steps": "100", "hours": "fri-mon 09:00-16:00"}, "hours", "before it begins"),
        ({"steps": "100", "hours": "sun 16:00-09:00"}, "hours", "before they begin"),
        ({"steps": "100", "hours": "sun 09:00-16:00 Mars/Base"}, "hours", "time zone"),
        ({"steps": "100", "hours": {"days": ["mon"]}}, "hours", "missing"),
    ],
)
def test_a_term_that_is_refused_names_its_field(
    terms: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(PlanError, match=words) as refused:
        plan_with(None, terms)
    assert refused.value.field == field


def test_hours_without_a_zone_are_utc() -> None:
    hours = parse_hours("Mon 09:00-16:00")
    assert hours is not None
    assert hours.include(datetime(2026, 11, 30, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("steps", "requests", "failed", "code"),
    [
        ("50:2h,100", 0, 0, "no_traffic"),
        ("50:2h,100", 100_000, 0, "no_failures"),
        ("1:5m,100", 1_728_000, 3_456, "too_small"),
        ("5:10m,100", 1_728_000, 3_456, "too_short"),
        ("50:15m,100", 1_728_000, 3_456, "notices"),
    ],
)
def test_each_step_says_what_it_can_notice(
    steps: str, requests: int, failed: int, code: str
) -> None:
    first, last = detection(plan_with(None, {"steps": steps}), Traffic(requests, failed, DAY))
    assert (first.code, last.code) == (code, "alone")
    assert "{" not in sentence(first) + sentence(last)


def test_more_errors_are_noticed_earlier_and_a_proof_waits() -> None:
    """1,200 requests a minute of which 0.2% fail: five times as many at half of the traffic show
    within minutes, twice as many after the bake time."""
    plan = plan_with(None, {"steps": "50:10m:proved,100"})
    twice, five, twenty = detection(plan, Traffic(1_728_000, 3_456, DAY))[0].notices
    assert twice.minutes is not None and five.minutes is not None and twenty.minutes is not None
    assert twice.minutes > 10 > five.minutes >= twenty.minutes
    assert (twice.fit, five.fit) == ("waits", "in_time")


def test_every_sentence_can_be_said() -> None:
    facts = {"limit": 0.05, "ratio": 5, "minutes": 200, "bake": "5m", "fit": "in_time"}
    step = detection(Plan(parse_steps("100")), Traffic(0, 0, DAY))[0]
    for code in SENTENCES:
        words = sentence(type(step)(step.step, step.bake, 0, (), code, facts))
        assert words.endswith(".") and "{" not in words
