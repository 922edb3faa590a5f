"""Blocks of a step, and which of them are a cold start."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.rollouts.slow_requests.budget import NO_BUDGET, SlowBudget
from dashboard.rollouts.slow_requests.count_blocks import cold_start, count_spec
from tests.dashboard.rollouts.playbook import NOON

START = int(NOON.timestamp())


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize(
    ("bake", "size"), [(0, 1), (2, 1), (10, 2), (12, 2), (60, 12), (300, 60), (86_400, 60)]
)
def test_a_block_is_a_fifth_of_the_bake_time(bake: int, size: int) -> None:
    assert count_spec(seconds(bake), NO_BUDGET, NOON).block_seconds == size


def test_blocks_are_short_for_twice_the_bake_time_and_at_least_a_minute() -> None:
    assert count_spec(seconds(10), NO_BUDGET, NOON + seconds(5)).fine_until == START + 120
    assert count_spec(seconds(100), NO_BUDGET, NOON).fine_until == START + 240


def test_the_thresholds_travel_with_it() -> None:
    spec = count_spec(seconds(10), SlowBudget(50_000, 90_000, 1000), NOON)
    assert (spec.slow_p95_us, spec.slow_p99_us) == (50_000, 90_000)


@pytest.mark.parametrize(
    ("bake", "first"),
    [(0, 0), (2, 1), (10, 2), (300, 60)],
)
def test_as_much_is_left_out_after_the_share_changed(bake: int, first: int) -> None:
    spec = count_spec(seconds(bake), NO_BUDGET, NOON)
    left_out = cold_start(seconds(bake), spec, NOON, [])
    assert [left_out(START + first - 1), left_out(START + first)] == [True, False]


def test_as_much_is_left_out_after_a_process_starts() -> None:
    spec = count_spec(seconds(50), NO_BUDGET, NOON)  # blocks of 10 seconds
    left_out = cold_start(seconds(50), spec, NOON, [NOON + seconds(105)])
    cold = [n for n in range(10, 160, 10) if left_out(START + n)]
    assert cold == [100, 110]
