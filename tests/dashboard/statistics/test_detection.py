"""What a step of a plan can notice, in errors and minutes."""

from __future__ import annotations

import pytest

from dashboard.statistics.detection import errors_needed, minutes_to_notice

#: Simulated medians at alpha 5%: candidate share, ratio, errors until the alarm.
SIMULATED = [
    (0.01, 2, 1314), (0.01, 5, 136), (0.01, 20, 21),
    (0.1, 1.5, 480), (0.1, 2, 136), (0.1, 5, 21), (0.1, 20, 7),
    (0.5, 1.5, 189), (0.5, 2, 60), (0.5, 5, 21), (0.5, 20, 12),
]  # fmt: skip


@pytest.mark.parametrize(("share", "ratio", "median"), SIMULATED)
def test_the_approximation_is_near_the_simulated_median(
    share: float, ratio: float, median: int
) -> None:
    assert errors_needed(share, ratio, 0.05) == pytest.approx(median, rel=0.4)


def test_a_stricter_rule_needs_more() -> None:
    usual, strict = (errors_needed(0.1, 5, alpha) for alpha in (0.05, 0.01))
    assert usual is not None and strict is not None
    assert 1.3 <= strict / usual <= 1.8


@pytest.mark.parametrize(("share", "ratio"), [(0.0, 5), (1.0, 5), (0.5, 1.0), (0.5, 0.5)])
def test_nothing_to_compare_and_no_rise_are_never_noticed(share: float, ratio: float) -> None:
    assert errors_needed(share, ratio, 0.05) is None


def test_minutes_count_the_errors_that_the_rise_adds() -> None:
    """18 errors at 1 a minute and 1.4 with a fivefold rise on a tenth of the traffic."""
    assert minutes_to_notice(1.0, 0.1, 5, 0.05) == 13
    assert minutes_to_notice(0.0, 0.1, 5, 0.05) is None
