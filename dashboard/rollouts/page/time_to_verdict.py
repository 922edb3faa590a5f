"""When a guardrail that says "not yet" can be expected to have seen enough, at the pace so far.
Pure: an estimate for people, which decides nothing."""

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
    """Minutes, at least 1; None where the pace is unknown. `code` is the judgment's reason;
    `evidence` is the e-value so far, which needs 1/α and grows by the same factor each minute."""
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
