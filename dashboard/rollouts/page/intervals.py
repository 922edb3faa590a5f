"""The interval of a guardrail as a plot, with positions in percent of its width. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard.statistics.proportion import Interval

LEAST, MOST = 0.25, 16.0
"""Ratios at the ends of the log scale; values beyond are clipped."""


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """`low` to `high` is the interval, `at` the observed value, `equal` the ratio 1 (None on a
    scale of rates). `words` is the text for screen readers."""

    low: float
    high: float
    at: float | None
    limit: float
    equal: float | None
    words: str

    @property
    def width(self) -> float:
        """Width of the interval, at least 1%."""
        return max(1.0, round(self.high - self.low, 2))


def ratio_plot(interval: Interval, observed: float | None, limit: float) -> IntervalPlot:
    """The candidate's failure rate relative to stable, on a log scale."""
    return IntervalPlot(
        low=_log(interval.low),
        high=_log(interval.high),
        at=None if observed is None else _log(observed),
        limit=_log(limit),
        equal=_log(1.0),
        words=f"{_times(interval)} as often as stable; limit {limit:g}×",
    )


def rate_plot(interval: Interval, observed: float, limit: float) -> IntervalPlot:
    """A share of requests, from 0 to three times its limit."""
    most = min(1.0, 3 * limit)
    return IntervalPlot(
        low=_linear(interval.low, most),
        high=_linear(interval.high, most),
        at=_linear(observed, most),
        limit=_linear(limit, most),
        equal=None,
        words=f"{_percent(interval.low)} to {_percent(interval.high)}; limit {_percent(limit)}",
    )


def _times(interval: Interval) -> str:
    """ "between 0.5× and 3.1×", "at least 2.3×" or "at most 1.9×"."""
    if math.isinf(interval.high):
        return f"at least {interval.low:.2g}×" if interval.low else "any number of times"
    if not interval.low:
        return f"at most {interval.high:.2g}×"
    return f"{interval.low:.2g}× to {interval.high:.2g}×"


def _percent(share: float) -> str:
    return f"{100 * share:.2g}%"


def _log(ratio: float) -> float:
    if ratio <= LEAST:
        return 0.0
    place = math.log(min(ratio, MOST) / LEAST) / math.log(MOST / LEAST)
    return round(min(100.0, 100 * place), 2)


def _linear(share: float, most: float) -> float:
    return round(100 * min(1.0, share / most), 2)
