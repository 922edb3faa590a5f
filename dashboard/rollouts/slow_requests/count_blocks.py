"""How edges count a step's requests, and which of its blocks are a cold start. Pure.

Blocks are min(60 s, bake/5), at least 1 s. As long is the cold start that is left out for both
versions, after the share changes and after a process starts (rollout notes, section 6).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from dashboard.rollouts.slow_requests.budget import SlowBudget
from routing.snapshot import CountSpec

LONGEST = 60
_FINE_BAKES = 2
"""Short blocks for so many bake times; then a minute each, so that a step that waits for days does
not have a block for each second of them."""


def count_spec(bake: timedelta, budget: SlowBudget, now: datetime) -> CountSpec:
    """For the deployment of a step that bakes so long."""
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
    """Whether the block that begins at a second is left out: the share changed at `changed_at`,
    and some process of either version became ready at each of `starts`."""
    cold = _cold_seconds(bake)
    share_changed = changed_at.timestamp()
    windows = [(at.timestamp(), at.timestamp() + cold) for at in starts]

    def left_out(start: int) -> bool:
        end = start + (spec.block_seconds if start < spec.fine_until else LONGEST)
        if start < share_changed + cold:
            return True
        return any(start < until and began < end for began, until in windows)

    return left_out


def _cold_seconds(bake: timedelta) -> float:
    return min(LONGEST, bake.total_seconds() / 5)
