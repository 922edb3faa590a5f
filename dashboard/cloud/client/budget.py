"""How many calls a token may still make. Pure.

Cloudflare allows 1,200 calls in 5 minutes per user, its own dashboard included, and blocks
everything for 5 minutes beyond that. Sluice makes at most 300, the last 40 of them writes only, and
stops reading while Cloudflare says that fewer than 400 (of a smaller limit a third) are left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

WINDOW = 300
MOST = 300
RESERVED = 40
"""Of `MOST`, for writes."""
LEAST_LEFT = 400
BUCKET = 10
"""Seconds that are counted together."""
LOOK_AGAIN = 60.0
"""Seconds after which one read checks a low remainder again."""


@dataclass(frozen=True, slots=True)
class Budget:
    """`calls` by the start of their 10 seconds. Times are seconds since 1970."""

    calls: Mapping[int, int] = field(default_factory=dict)
    paused_until: float = 0.0
    left: int | None = None
    limit: int | None = None
    left_at: float = 0.0

    def used(self, now: float) -> int:
        """Calls in the last 5 minutes."""
        return sum(self.recent(now).values())

    def recent(self, now: float) -> dict[int, int]:
        """Those of the last 5 minutes."""
        return {at: n for at, n in self.calls.items() if at + BUCKET > now - WINDOW}


def seconds_until_free(budget: Budget, now: float, *, write: bool) -> float:
    """0 if a call may be made now."""
    if budget.paused_until > now:
        return budget.paused_until - now
    if not write and (wait := _low_remainder(budget, now)):
        return wait
    most = MOST if write else MOST - RESERVED
    recent = budget.recent(now)
    excess = sum(recent.values()) + 1 - most
    wait = 0.0
    for at in sorted(recent):
        if excess <= 0:
            break
        excess -= recent[at]
        wait = at + BUCKET + WINDOW - now
    return wait


def spent(budget: Budget, now: float) -> Budget:
    """After one more call."""
    bucket = int(now) // BUCKET * BUCKET
    recent = budget.recent(now)
    return replace(budget, calls=recent | {bucket: recent.get(bucket, 0) + 1})


def answered(budget: Budget, now: float, status: int, headers: Mapping[str, str]) -> Budget:
    """After an answer: what is left, and for how long nothing may be sent."""
    left, limit = _number(headers, "x-ratelimit-remaining"), _number(headers, "x-ratelimit-limit")
    if left is not None:
        budget = replace(budget, left=left, limit=limit, left_at=now)
    if status == 429:
        wait = _number(headers, "retry-after")
        budget = replace(budget, paused_until=now + (WINDOW if wait is None else max(1, wait)))
    return budget


def least_left(budget: Budget) -> int:
    """Calls that are left to others and to writes."""
    return LEAST_LEFT if budget.limit is None else min(LEAST_LEFT, budget.limit // 3)


def _low_remainder(budget: Budget, now: float) -> float:
    if budget.left is None:
        return 0.0
    return 0.0 if budget.left >= least_left(budget) else max(0.0, budget.left_at + LOOK_AGAIN - now)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    try:
        value = float(headers[name])
        return math.ceil(value) if math.isfinite(value) and value >= 0 else None
    except (KeyError, ValueError):
        return None
