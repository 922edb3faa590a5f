"""The share of requests that fail, with limits that are valid at every look.

The confidence sequence is {p : B(½+x, ½+n−x) / (B(½,½) p^x (1−p)^(n−x)) < 1/α} for x failures of n
requests: a Beta(½, ½) mixture and Ville's inequality (Howard, Ramdas, McAuliffe, Sekhon,
arXiv 1810.08240).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

ALPHA = 0.05
"""An interval misses the true value at some look with at most this probability."""

_STEPS = 40  # of a bisection: 2^-40 of the interval, far below any digit on a page


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends included. Shares run from 0 to 1, ratios from 0 to infinity."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def rate_interval(failed: int, requests: int, alpha: float = ALPHA) -> Interval:
    """The share of requests that fail, 0 to 1, valid at every look; (0, 1) without requests.

    Raises `ValueError` when `failed` is not between 0 and `requests`.
    """
    if not 0 <= failed <= requests:
        raise ValueError(f"{failed} failures of {requests} requests")
    if not requests:
        return Interval(0.0, 1.0)
    rate, passed = failed / requests, requests - failed
    # The mixture and the limit do not depend on p; the rest is all that a step of bisection costs.
    least = log_beta(0.5 + failed, 0.5 + passed) - log_beta(0.5, 0.5) + math.log(alpha)

    def excluded(p: float) -> bool:
        if p <= 0.0 or p >= 1.0:
            return True
        return least >= failed * math.log(p) + passed * math.log1p(-p)

    low = bisect(excluded, outside=0.0, inside=rate) if failed else 0.0
    high = bisect(excluded, outside=1.0, inside=rate) if failed < requests else 1.0
    return Interval(low, high)


def difference_interval(
    candidate: tuple[int, int], stable: tuple[int, int], alpha: float = ALPHA
) -> Interval:
    """The candidate's rate minus stable's, −1 to 1; each pair is (failed, requests).

    Each rate gets half of `alpha`, so that both limits hold at once.
    """
    ours, theirs = rate_interval(*candidate, alpha / 2), rate_interval(*stable, alpha / 2)
    return Interval(ours.low - theirs.high, ours.high - theirs.low)


def bisect(
    excluded: Callable[[float], bool], outside: float, inside: float, steps: int = _STEPS
) -> float:
    """The border between `outside`, which is excluded, and `inside`, which is not.

    Returns the last excluded point, so that rounding never makes an interval too small.
    """
    for _ in range(steps):
        middle = (outside + inside) / 2
        if excluded(middle):
            outside = middle
        else:
            inside = middle
    return outside


def log_beta(a: float, b: float) -> float:
    """Log of the beta function B(a, b)."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
