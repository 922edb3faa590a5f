"""How edges count a step's requests, and which blocks are cold starts. Pure.

A block lasts min(60 s, bake/5), at least 1 s. So does the cold start, which is not counted for
either version: after the share changes, and after a process starts (rollout notes, section 6).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from dashboard.rollouts.slow_requests.budget import SlowBudget
from routing.snapshot import CountSpec

LONGEST = 60
_FINE_BAKES = 2
"""Number of bake times with short blocks. Later blocks last a minute, so that a step that waits for
days does not have a block per second."""


def count_spec(bake: timedelta, budget: SlowBudget, now: datetime) -> CountSpec:
    """For the deployment of a step with this bake time."""
    size = max(1, math.floor(_cold_seconds(bake)))
    fine = now + max(_FINE_BAKES * bake, timedelta(seconds=LONGEST))
    return CountSpec(
        block_seconds=size,
        fine_until=math.ceil(fine.timestamp() / LONGEST) * LONGEST,
        slow_p95_us=budget.p95_us,
        slow_p99_us=budget.p99_us,
    )


def cold_start(
    bake: timedelta, spec: CountSpec, changed_at: datetime, starts: Iterable[datetime]
) -> Callable[[int], bool]:
    """A function: whether the block that starts at a second is a cold start. The share changed at
    `changed_at`; `starts` are times at which a process of either version became ready."""
    cold = _cold_seconds(bake)
    share_changed = changed_at.timestamp()
    windows = [(at.timestamp(), at.timestamp() + cold) for at in starts]

    def is_cold(start: int) -> bool:
        end = start + (spec.block_seconds if start < spec.fine_until else LONGEST)
        if start < share_changed + cold:
            return True
        return any(start < until and began < end for began, until in windows)

    return is_cold


def _cold_seconds(bake: timedelta) -> float:
    return min(LONGEST, bake.total_seconds() / 5)
