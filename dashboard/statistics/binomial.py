"""Exact limits for a sample whose size was fixed before it was drawn, as ×N is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from dashboard.statistics.proportion import Interval, bisect

LEVEL = 0.95
_STEPS = 34  # of a bisection: 2^-34 of the interval, far below any digit on a page
_FAR = 9  # standard deviations; the probability beyond is below 1e-18


def expected_range(count: int, share: float, level: float = LEVEL) -> tuple[int, int]:
    """The smallest and largest number of `count` draws that fall to `share`, at this level.

    Exact quantiles of the binomial: outside on each side lies at most (1 − `level`) / 2.
    """
    tail, low, high, total = (1 - level) / 2, None, count, 0.0
    for hits, probability in _near_the_mean(count, share):
        total += probability
        if low is None and total > tail:
            low = hits
        if total >= 1 - tail:
            high = hits
            break
    return low or 0, high


@lru_cache(maxsize=1024)  # a run is drawn again and again
def exact_interval(hits: int, count: int, level: float = LEVEL) -> Interval:
    """The share behind `hits` of `count`, 0 to 1: Clopper & Pearson 1934. (0, 1) without draws.

    Raises `ValueError` when `hits` is not between 0 and `count`.
    """
    if not 0 <= hits <= count:
        raise ValueError(f"{hits} of {count}")
    if not count:
        return Interval(0.0, 1.0)
    tail, share = (1 - level) / 2, hits / count
    low, high = 0.0, 1.0
    if hits:
        low = bisect(lambda p: _at_least(hits, count, p) < tail, 0.0, share, _STEPS)
    if hits < count:
        high = bisect(lambda p: _at_most(hits, count, p) < tail, 1.0, share, _STEPS)
    return Interval(low, high)


def _at_most(hits: int, count: int, share: float) -> float:
    return sum(p for k, p in _near_the_mean(count, share) if k <= hits)


def _at_least(hits: int, count: int, share: float) -> float:
    return sum(p for k, p in _near_the_mean(count, share) if k >= hits)


def _near_the_mean(count: int, share: float) -> Iterator[tuple[int, float]]:
    """(hits, probability) in ascending order, without the hits that are practically impossible."""
    if share <= 0 or share >= 1:
        yield (count if share >= 1 else 0), 1.0
        return
    spread = _FAR * math.sqrt(count * share * (1 - share)) + _FAR**2
    first, last = max(0, int(count * share - spread)), min(count, int(count * share + spread) + 1)
    hit, miss, odds = math.log(share), math.log1p(-share), share / (1 - share)
    ways = math.lgamma(count + 1) - math.lgamma(first + 1) - math.lgamma(count - first + 1)
    probability = math.exp(ways + first * hit + (count - first) * miss)
    for k in range(first, last + 1):
        yield k, probability
        probability *= odds * (count - k) / (k + 1)
