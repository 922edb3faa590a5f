"""The e-values against the constants of the simulations that the rules were planned with."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, strategies as st

from dashboard.statistics.blocks import Block
from dashboard.statistics.comparison import (
    harm_evidence,
    harm_found,
    ratio_interval,
    safe_evidence,
    safe_found,
)
from dashboard.statistics.proportion import log_beta

LOOKS, RUNS = 60, 200
blocks = st.builds(
    lambda a, b, c, d: Block(a + b, b, c + d, d), *(st.integers(0, 40) for _ in range(4))
)


def of_failures(share: float, candidate: int, stable: int) -> list[Block]:
    """Failures over so many requests that the observed share is exact."""
    return [Block(int(100_000 * share), candidate, int(100_000 * (1 - share)), stable)]


def closed_form(share: float, candidate: int, failed: int, k: float = 10) -> float:
    """Log evidence with a constant share and a Beta mixture: the oracle of the grid."""
    a, b = k * share, k * (1 - share)
    null = candidate * math.log(share) + (failed - candidate) * math.log(1 - share)
    return log_beta(a + candidate, b + failed - candidate) - log_beta(a, b) - null


@pytest.mark.parametrize(
    ("share", "alpha", "failures"),
    [(0.5, 0.05, 8), (0.5, 0.01, 11), (0.1, 0.05, 3), (0.1, 0.01, 4)],
)
def test_failures_on_the_candidate_alone_are_an_alarm_after(
    share: float, alpha: float, failures: int
) -> None:
    assert not harm_found(of_failures(share, failures - 1, 0), alpha)
    assert harm_found(of_failures(share, failures, 0), alpha)


@pytest.mark.parametrize(
    ("share", "ratio", "planned"),
    [(0.1, 2, 136), (0.1, 5, 21), (0.1, 20, 7), (0.5, 2, 60), (0.5, 5, 21), (0.5, 20, 12)],
)
def test_a_rise_is_noticed_within_the_planned_number_of_errors(
    share: float, ratio: float, planned: int
) -> None:
    """The grid needs 10–30% fewer errors than the closed form; 40% is the stated tolerance."""
    dice = random.Random(20261129)
    theta = share * ratio / (1 - share + share * ratio)
    needed = statistics.median(errors_until_alarm(dice, share, theta) for _ in range(41))
    assert 0.6 * planned <= needed <= 1.05 * planned


def errors_until_alarm(dice: random.Random, share: float, theta: float) -> int:
    candidate = 0
    for errors in range(1, 2000):
        candidate += dice.random() < theta
        if harm_found(of_failures(share, candidate, errors - candidate), 0.05):
            return errors
    return 2000


def drifting(dice: random.Random) -> Iterator[Block]:
    """The share drifts by half, and the error rate of both jumps fourfold."""
    for minute in range(LOOKS):
        share = 0.2 * (1 + 0.5 * math.sin(minute / 7))
        rate = 0.08 if 20 <= minute < 35 else 0.02
        yield same_rate(dice, rate, candidate=int(120 * share), stable=int(120 * (1 - share)))


def common_outage(dice: random.Random) -> Iterator[Block]:
    for minute in range(LOOKS):
        rate = 0.4 if 30 <= minute < 34 else 0.01
        yield same_rate(dice, rate, candidate=12, stable=108)


def same_rate(dice: random.Random, rate: float, candidate: int, stable: int) -> Block:
    failed = [sum(dice.random() < rate for _ in range(n)) for n in (candidate, stable)]
    return Block(candidate, failed[0], stable, failed[1])


@pytest.mark.slow
@pytest.mark.parametrize("traffic", [drifting, common_outage])
def test_identical_versions_raise_no_more_false_alarms_than_stated(
    traffic: Callable[[random.Random], Iterator[Block]],
) -> None:
    """Looked at after every minute; an ordinary test would alarm in a third of the runs."""
    dice = random.Random(5)
    alarms = sum(alarms_at_any_look(list(traffic(dice))) for _ in range(RUNS))
    assert alarms / RUNS <= 0.05


def alarms_at_any_look(table: list[Block]) -> bool:
    return any(harm_found(table[:looks], 0.05) for looks in range(1, len(table) + 1))


def test_a_candidate_that_fails_five_times_as_often_is_never_called_safe() -> None:
    dice = random.Random(7)
    tables = [worse(dice) for _ in range(100)]
    assert not any(safe_found(table[:n]) for table in tables for n in range(1, 31))


def worse(dice: random.Random) -> list[Block]:
    return [
        Block(
            20,
            sum(dice.random() < 0.1 for _ in range(20)),
            80,
            sum(dice.random() < 0.02 for _ in range(80)),
        )
        for _ in range(30)
    ]


def test_an_equal_candidate_is_called_safe_once_enough_has_failed() -> None:
    assert safe_evidence(of_failures(0.5, 20, 20)) < 20
    assert safe_found(of_failures(0.5, 100, 100))


def test_without_failures_nothing_is_proved_either_way() -> None:
    quiet = [Block(500, 0, 500, 0)] * 60
    assert harm_evidence(quiet) == safe_evidence(quiet) == 1.0
    assert ratio_interval(quiet).high == math.inf


def test_minutes_in_which_one_version_answered_alone_are_left_out() -> None:
    alone = [Block(100, 100, 0, 0), Block(0, 0, 100, 3)]
    assert harm_evidence(alone) == 1.0


@pytest.mark.parametrize(
    ("share", "candidate", "stable"), [(0.1, 9, 12), (0.5, 30, 8), (0.25, 60, 40)]
)
def test_the_grid_agrees_with_the_closed_form(share: float, candidate: int, stable: int) -> None:
    grid = math.log(harm_evidence(of_failures(share, candidate, stable)))
    assert grid == pytest.approx(closed_form(share, candidate, candidate + stable), rel=0.4)


def test_the_interval_holds_the_ratio_and_narrows() -> None:
    wide, narrow = (ratio_interval(of_failures(0.2, 50 * n, 40 * n)) for n in (1, 20))
    assert 5.0 in wide
    assert 5.0 in narrow
    assert narrow.high / narrow.low < wide.high / wide.low


@given(st.lists(blocks, max_size=12))
def test_the_interval_excludes_one_whenever_harm_is_proved_twice_over(table: list[Block]) -> None:
    interval = ratio_interval(table, 0.05)
    assert interval.low <= interval.high
    if harm_evidence(table) >= 2 / 0.05:
        assert interval.low >= 1.0


@given(st.lists(blocks, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_minutes_does_not_matter(table: list[Block], dice: random.Random) -> None:
    mixed = dice.sample(table, len(table))
    assert harm_evidence(mixed) == pytest.approx(harm_evidence(table), rel=1e-6)


@pytest.mark.parametrize("numbers", [(1, 2, 5, 0), (5, 0, 1, 2), (1, -1, 5, 0)])
def test_a_block_refuses_more_failures_than_requests(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="failures of"):
        Block(*numbers)
