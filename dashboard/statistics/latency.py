"""From how many requests on a latency quantile has an upper limit at all."""

from __future__ import annotations

from functools import lru_cache

from dashboard.statistics.proportion import ALPHA, rate_interval


@lru_cache(maxsize=64)
def smallest_sample(quantile: float, alpha: float = ALPHA) -> int:
    """Requests below which no upper limit of `quantile` (0.95 for p95) exists.

    The slowest request so far bounds the quantile as soon as the share of slower ones, none of
    which was seen, is below 1 − `quantile` (`proportion.rate_interval`).
    """
    low, high = 1, 2
    while rate_interval(0, high, alpha).high > 1 - quantile:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if rate_interval(0, middle, alpha).high > 1 - quantile:
            low = middle + 1
        else:
            high = middle
    return low
