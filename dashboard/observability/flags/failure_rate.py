"""How many requests failed, as every table, card, dialog and chart writes it. Pure.

16 of 55 failed (29%, 13–51%)      the limits are valid at every look
0 failed, under 9%                 no failure is not "0%": the upper limit
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dashboard.statistics.proportion import Interval, rate_interval

NO_REQUESTS = "no requests"


@dataclass(frozen=True, slots=True)
class FailureRate:
    """`failed` of `requests`; both may be distinct callers instead."""

    failed: int
    requests: int

    @property
    def counted(self) -> str:
        """The first half: "16 of 55 failed", "0 failed,"."""
        if not self.requests:
            return NO_REQUESTS
        if not self.failed:
            return "0 failed,"
        return f"{_count(self.failed)} of {_count(self.requests)} failed"

    @property
    def limits(self) -> str:
        """The second half: "(29%, 13–51%)", "under 9%"; empty without requests."""
        if not self.requests:
            return ""
        if not self.failed:
            return f"under {percent(self.interval.high)}"
        return f"({percent(self.failed / self.requests)}, {limits_of(self.interval)})"

    @property
    def interval(self) -> Interval:
        """Shares from 0 to 1."""
        return _interval(self.failed, self.requests)

    def __str__(self) -> str:
        return f"{self.counted} {self.limits}".strip()


def limits_of(interval: Interval) -> str:
    """Both ends of an interval of shares: 13–51%, 0.11–0.69%."""
    return f"{percent(interval.low).removesuffix('%')}–{percent(interval.high)}"


def percent(share: float) -> str:
    """A share from 0 to 1 with the digits that matter: 0.31%, 2.4%, 29%."""
    digits = 2 if share < 0.01 else 1 if share < 0.1 else 0
    text = f"{100 * share:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if digits else text) + "%"


def _count(number: int) -> str:
    """Exact below 100,000: 45,678; then 123 k, 4.57 M."""
    if number < 100_000:
        return f"{number:,}"
    return f"{number / 1e6:.3g} M" if number >= 999_500 else f"{number / 1e3:.3g} k"


@lru_cache(maxsize=16_384)
def _interval(failed: int, requests: int) -> Interval:
    """Lists ask for the same counts again and again, at 0.1 ms each."""
    return rate_interval(failed, requests)
