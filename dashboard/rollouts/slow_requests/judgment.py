"""Judges slow requests: a request above the threshold is a kind of failure. Pure."""

from __future__ import annotations

import math
from datetime import datetime

from dashboard.observability.versions.slow_requests import SlowFigures
from dashboard.rollouts.decisions.guardrails import Figures, Judgment, unknown_reason
from dashboard.rollouts.decisions.states import Verdict
from dashboard.statistics.comparison import HARM_ALPHA, harm_evidence, ratio_interval

SLOW_RATIO = 1.25
"""Harm is evidence against "at most this many times as often as stable". Above 1, because a new
process has cold caches and compiles code; only a larger change is worth a rollback."""


def judge_slow(
    name: str, figures: Figures, threshold_us: int, aborting_rules: int, now: datetime | None
) -> Judgment:
    """`name` is p95 or p99. Without a threshold the verdict is safe, with the code `no_budget`."""
    slow = figures.slow.get(name, SlowFigures())
    rule, facts = f"slow_{name}", _facts(slow, threshold_us)
    if not threshold_us:
        return Judgment(rule, Verdict.SAFE, "no_budget", facts)
    evidence = harm_evidence(slow.blocks, SLOW_RATIO)
    if evidence >= aborting_rules / HARM_ALPHA:
        interval = ratio_interval(slow.blocks)
        high = interval.high if math.isfinite(interval.high) else None
        ratios = {"low": interval.low, "high": high, "evidence": evidence}
        return Judgment(rule, Verdict.HARM, "slower_than_stable", facts | ratios)
    if unknown := unknown_reason(figures, now):
        return Judgment(rule, Verdict.CANNOT_JUDGE, unknown, facts)
    return Judgment(rule, Verdict.SAFE, "not_slower", facts)


def _facts(slow: SlowFigures, threshold_us: int) -> dict[str, object]:
    return {
        "threshold_ms": round(threshold_us / 1000, 1),
        "slow": slow.candidate[1],
        "requests": slow.candidate[0],
        "stable_slow": slow.stable[1],
        "stable_requests": slow.stable[0],
    }
