"""Samples of a fixed size: does an observed split match the configured one?"""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, strategies as st

from dashboard.statistics.binomial import exact_interval, expected_range
from dashboard.statistics.proportion import Interval


def test_sixteen_of_a_hundred_at_ten_percent_is_expected() -> None:
    assert expected_range(100, 0.1) == (5, 16)
    assert 0.1 in exact_interval(16, 100)


def test_the_interval_is_clopper_and_pearsons() -> None:
    """Published values for 4 of 20: 5.73% to 43.66%."""
    interval = exact_interval(4, 20)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0573, 0.4366)


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_range_is_the_binomials_own(count: int, share: float) -> None:
    low, high = expected_range(count, share)
    chances = [comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(count + 1)]
    assert sum(chances[:low]) <= 0.025 + 1e-9
    assert sum(chances[high + 1 :]) <= 0.025 + 1e-9
    assert sum(chances[: low + 1]) > 0.025 - 1e-9
    assert sum(chances[high:]) > 0.025 - 1e-9


@pytest.mark.parametrize(("share", "range_"), [(0.0, (0, 0)), (1.0, (50, 50))])
def test_no_share_and_the_whole_share_leave_nothing_to_chance(
    share: float, range_: tuple[int, int]
) -> None:
    assert expected_range(50, share) == range_


def test_ten_million_draws_are_no_slower_than_their_spread() -> None:
    low, high = expected_range(10_000_000, 0.3)
    assert (low, high) == (2_997_160, 3_002_840)


@pytest.mark.parametrize(
    ("hits", "count", "interval"),
    [(0, 0, (0.0, 1.0)), (0, 10, (0.0, 0.3085)), (10, 10, (0.6915, 1.0))],
)
def test_the_ends_are_included(hits: int, count: int, interval: tuple[float, float]) -> None:
    ends = exact_interval(hits, count)
    assert (round(ends.low, 4), round(ends.high, 4)) == interval
    assert isinstance(ends, Interval)


def test_more_hits_than_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        exact_interval(3, 2)


def test_every_number_is_expected_at_a_level_of_100_percent() -> None:
    assert expected_range(10, 0.3, level=1.0) == (0, 10)
    assert expected_range(4, 0.2, level=1.0) == (0, 4)  # whose probabilities sum to less than 1
