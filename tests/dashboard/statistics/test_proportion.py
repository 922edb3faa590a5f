"""Limits of a failure rate that may be looked at after every request."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, strategies as st

from dashboard.statistics.latency import smallest_sample
from dashboard.statistics.proportion import Interval, difference_interval, rate_interval


@pytest.mark.parametrize(
    ("requests", "upper"), [(30, 0.16), (100, 0.057), (300, 0.021), (1000, 0.0070), (3000, 0.0025)]
)
def test_no_failure_still_leaves_an_upper_limit_of(requests: int, upper: float) -> None:
    interval = rate_interval(0, requests)
    assert interval.low == 0.0
    assert interval.high == pytest.approx(upper, rel=0.02)


def test_sixteen_of_55_is_thirteen_to_51_percent() -> None:
    interval = rate_interval(16, 55)
    assert (round(100 * interval.low), round(100 * interval.high)) == (13, 51)


def test_without_requests_nothing_is_known() -> None:
    assert rate_interval(0, 0) == Interval(0.0, 1.0)


def test_the_true_rate_stays_inside_at_every_look() -> None:
    dice = random.Random(11)
    missed = sum(leaves_the_interval(dice, 0.05) for _ in range(200))
    assert missed / 200 <= 0.05


def leaves_the_interval(dice: random.Random, rate: float) -> bool:
    failed = 0
    for requests in range(1, 301):
        failed += dice.random() < rate
        if requests % 5 == 0 and rate not in rate_interval(failed, requests):
            return True
    return False


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_observed_rate_is_inside_and_the_interval_is_symmetric(
    failed: int, passed: int
) -> None:
    requests = failed + passed
    interval, mirrored = rate_interval(failed, requests), rate_interval(passed, requests)
    assert not requests or failed / requests in interval
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-9)


def test_the_difference_spans_both_intervals() -> None:
    difference = difference_interval((16, 55), (2, 400))
    assert 0.05 < difference.low < 16 / 55 - 2 / 400 < difference.high < 0.6


@pytest.mark.parametrize(("failed", "requests"), [(3, 2), (-1, 2)])
def test_impossible_counts_are_refused(failed: int, requests: int) -> None:
    with pytest.raises(ValueError, match="failures of"):
        rate_interval(failed, requests)


@pytest.mark.parametrize(
    ("quantile", "alpha", "requests"),
    [(0.5, 0.05, 7), (0.95, 0.05, 116), (0.99, 0.05, 680), (0.5, 0.01, 10), (0.95, 0.01, 150)],
)
def test_a_quantile_has_an_upper_limit_from_so_many_requests_on(
    quantile: float, alpha: float, requests: int
) -> None:
    assert smallest_sample(quantile, alpha) == requests


def test_a_limit_too_near_to_1_for_a_float_is_1() -> None:
    assert rate_interval(2**54 - 1, 2**54).high == 1.0
