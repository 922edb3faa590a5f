"""Plans as people type them, and as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, strategies as st

from dashboard.rollouts.decisions.plan import (
    PRESETS,
    Plan,
    PlanError,
    Rule,
    parse_steps,
    parse_weight,
    plan_from_json,
)
from dashboard.times.durations import format_duration, parse_duration
from dashboard.times.hours import AllowedHours


def test_steps_are_percentages_with_a_bake_time() -> None:
    first, last = parse_steps("20:10s,100")
    assert (first.weight, first.bake, first.rule) == (20_000, timedelta(seconds=10), Rule.SAMPLE)
    assert (last.weight, last.bake) == (100_000, timedelta(0))


def test_a_step_of_one_percent_is_guarded_by_checks() -> None:
    assert [step.rule for step in parse_steps("1:5m,5:5m,100")] == [
        Rule.CHECKS,
        Rule.SAMPLE,
        Rule.SAMPLE,
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1 to 20 steps"),
        ("20:10s", "last step is 100%"),
        ("0,100", "above 0%"),
        ("50,20,100", "higher percentage"),
        ("50,50,100", "higher percentage"),
        ("abc,100", "not a percentage"),
        ("101", "not a percentage"),
        ("20:soon,100", "not a duration"),
        ("20:99d,100", "longer than 30 days"),
        (",".join(str(n) for n in range(1, 22)) + ",100", "1 to 20 steps"),
    ],
)
def test_a_plan_that_cannot_run_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(PlanError, match=words) as error:
        parse_steps(text)
    assert error.value.field == "steps"


@pytest.mark.parametrize("text", PRESETS.values())
def test_presets_are_plans(text: str) -> None:
    assert Plan(parse_steps(text)).steps[-1].percentage == "100%"


def test_a_plan_survives_being_stored() -> None:
    hours = AllowedHours(frozenset({"mon", "fri"}), time(9), time(16, 30), "Europe/Berlin")
    plan = Plan(parse_steps("12.5:90s,100"), timedelta(minutes=30), min_sample=7, hours=hours)
    assert plan_from_json(plan.as_json()) == plan


@pytest.mark.parametrize("damage", [{"steps": None}, {"final_bake": "x"}, {"on_harm": "smile"}])
def test_a_damaged_plan_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(PlanError):
        plan_from_json(Plan(parse_steps("100")).as_json() | damage)


@given(st.integers(0, 100_000))
def test_every_weight_can_be_typed(weight: int) -> None:
    assert parse_weight(str(weight / 1000)) == weight


@given(st.integers(0, 29 * 86_400))
def test_a_duration_survives_being_written(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


def test_hours_follow_the_clock_of_their_zone() -> None:
    hours = AllowedHours(frozenset({"mon"}), time(9), time(16), "Europe/Berlin")
    assert hours.include(datetime(2026, 11, 30, 8, 0, tzinfo=UTC))
    assert not hours.include(datetime(2026, 11, 30, 7, 59, tzinfo=UTC))
    assert not hours.include(datetime(2026, 12, 1, 10, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "fields",
    [
        (frozenset[str](), time(9), time(16), "UTC"),
        (frozenset({"monday"}), time(9), time(16), "UTC"),
        (frozenset({"mon"}), time(16), time(9), "UTC"),
        (frozenset({"mon"}), time(9), time(16), "Mars/Olympus"),
    ],
)
def test_impossible_hours_are_refused(fields: tuple[frozenset[str], time, time, str]) -> None:
    with pytest.raises(ValueError):
        AllowedHours(*fields)
