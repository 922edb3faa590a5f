"""Estimates when a "not yet" guardrail will have enough data. Pure; for display only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dashboard.rollouts.decisions.plan import Plan
from dashboard.statistics.proportion import ALPHA


def minutes_left(
    code: str, facts: Mapping[str, Any], plan: Plan, elapsed: timedelta, evidence: float = 1.0
) -> int | None:
    """Minutes, at least 1; None if unknown. `code`: the reason of the judgment. `evidence`: the
    e-value so far, assumed to grow by a constant factor per minute up to 1/α."""
    minutes = elapsed.total_seconds() / 60
    if minutes <= 0:
        return None
    if code == "too_few_requests":
        return _left(plan.min_sample, facts.get("requests"), minutes)
    if code == "too_few_callers":
        return _left(plan.min_callers, facts.get("callers"), minutes)
    if code == "not_proved" and evidence > 1:
        return _left(-math.log(ALPHA), math.log(evidence), minutes)
    return None


def _left(needed: float, so_far: float | None, minutes: float) -> int | None:
    if not so_far:
        return None
    return max(1, math.ceil((needed - so_far) * minutes / so_far))
