"""Judges the counts of a step: one of four verdicts, with the numbers behind it. Pure.

Late or incomplete counts are `cannot_judge`, which never steps up. Harm is valid at any look;
safety also needs the plan's minimum sample (rollout notes, 2 to 6).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard.observability.versions.slow_requests import SlowFigures
from dashboard.rollouts.decisions.plan import Plan, Rule
from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.external_guardrails.terms import OnBreach
from dashboard.statistics.blocks import Block
from dashboard.statistics.comparison import (
    HARM_ALPHA,
    harm_evidence,
    ratio_interval,
    safe_evidence,
)
from dashboard.statistics.proportion import ALPHA, rate_interval

ABORTING_RULES = 4
"""Rules that share the probability of a false alarm: errors compared with stable, the absolute
limit, and slow requests by p95 and by p99."""
LATE_AFTER = timedelta(seconds=20)
"""Figures older than this, of an edge that serves the Worker, are late."""
WORST_FIRST = (Verdict.HARM, Verdict.CANNOT_JUDGE, Verdict.NOT_YET, Verdict.SAFE)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts since the step began, without its cold start. `blocks` count each caller with a
    version key once per block; the pairs (requests, failed) count requests. `callers` are the
    candidate's distinct callers, None if unknown. `slow` is by p95 and p99.

    `until`: when the last edge reported. `silent_edges` are overdue. `gaps`: lost batches of
    counts.
    """

    blocks: Sequence[Block] = ()
    candidate: tuple[int, int] = (0, 0)
    stable: tuple[int, int] = (0, 0)
    callers: int | None = None
    slow: Mapping[str, SlowFigures] = field(default_factory=dict)
    until: datetime | None = None
    silent_edges: tuple[str, ...] = ()
    gaps: int = 0

    @property
    def requests(self) -> int:
        return self.candidate[0]

    @property
    def failed(self) -> int:
        return self.candidate[1]


@dataclass(frozen=True, slots=True)
class Judgment:
    """One guardrail's verdict. `code` is the reason, `facts` are its numbers. `on_breach` is
    what harm does; None: as the plan says."""

    name: str
    verdict: Verdict
    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    on_breach: OnBreach | None = None


def worst(judgments: Sequence[Judgment]) -> Judgment:
    """The judgment that decides. Raises `ValueError` if empty."""
    return min(judgments, key=lambda judgment: WORST_FIRST.index(judgment.verdict))


def judge_errors(
    figures: Figures, plan: Plan, rule: Rule, aborting_rules: int = 1, now: datetime | None = None
) -> Judgment:
    """Compares failed requests of the candidate with those of stable in the same blocks.

    `aborting_rules`: number of rules that share the probability of a false alarm.
    """
    facts = _facts(figures)
    evidence = harm_evidence(figures.blocks)
    if evidence >= aborting_rules / HARM_ALPHA:
        interval = ratio_interval(figures.blocks)
        # JSON has no infinity; without a failure on stable there is no upper limit.
        high = interval.high if math.isfinite(interval.high) else None
        ratios = {"low": interval.low, "high": high, "evidence": evidence}
        return Judgment("errors", Verdict.HARM, "worse_than_stable", facts | ratios)
    if unknown := unknown_reason(figures, now):
        return Judgment("errors", Verdict.CANNOT_JUDGE, unknown, facts)
    if missing := _missing(figures, plan, rule):
        return Judgment("errors", Verdict.NOT_YET, missing, facts)
    return Judgment("errors", Verdict.SAFE, rule.value, facts)


def judge_limit(
    figures: Figures, plan: Plan, now: datetime | None = None, aborting_rules: int = 1
) -> Judgment:
    """The candidate's failures against the plan's absolute limit; the only rule at 100%."""
    interval = rate_interval(figures.failed, figures.requests, HARM_ALPHA / aborting_rules)
    facts = _facts(figures) | {"limit": plan.error_limit, "low": interval.low}
    if interval.low > plan.error_limit:
        return Judgment("limit", Verdict.HARM, "over_the_limit", facts)
    if unknown := unknown_reason(figures, now):
        return Judgment("limit", Verdict.CANNOT_JUDGE, unknown, facts)
    return Judgment("limit", Verdict.SAFE, "within_the_limit", facts)


PROCESSES = "processes"
"""Name of the one guardrail that also judges a candidate at 0%."""
PROCESS_CODES = {
    "memory": "out_of_memory",
    "hang": "process_hung",
    "crash": "process_crashed",
    "start": "process_not_started",
}
"""Kinds of process faults, the one that explains most first."""


def judge_processes(sick: Sequence[tuple[str, str]], not_running: Sequence[str] = ()) -> Judgment:
    """`sick`: (edge, kind) of each fault of the candidate's process since the rollout began: out of
    memory, hang, crash, no start. Any fault is harm, even if the process runs again. A step waits
    until both versions run on every edge."""
    if not sick and not_running:
        facts: dict[str, Any] = {"edges": sorted(set(not_running))}
        return Judgment(PROCESSES, Verdict.NOT_YET, "processes_start", facts)
    if not sick:
        return Judgment(PROCESSES, Verdict.SAFE, "processes_run")
    worst_kind = min((kind for _, kind in sick), key=list(PROCESS_CODES).index)
    facts = {"edges": sorted({edge for edge, _ in sick}), "kinds": sorted({k for _, k in sick})}
    return Judgment(PROCESSES, Verdict.HARM, PROCESS_CODES[worst_kind], facts)


def _facts(figures: Figures) -> dict[str, Any]:
    return {
        "requests": figures.requests,
        "failed": figures.failed,
        "stable_requests": figures.stable[0],
        "stable_failed": figures.stable[1],
        "callers": figures.callers,
        "until": figures.until.isoformat() if figures.until else None,
    }


def unknown_reason(figures: Figures, now: datetime | None) -> str:
    """Why the counts cannot be judged; empty if they can."""
    if figures.silent_edges:
        return "edge_silent"
    if figures.gaps:
        return "counts_lost"
    if now and figures.until and now - figures.until > LATE_AFTER:
        return "figures_late"
    return ""


def _missing(figures: Figures, plan: Plan, rule: Rule) -> str:
    """What the step's rule still waits for; empty if the sample is large enough."""
    if rule is Rule.CHECKS:
        return ""
    if figures.requests < plan.min_sample:
        return "too_few_requests"
    if figures.callers is not None and figures.callers < plan.min_callers:
        return "too_few_callers"
    if rule is Rule.PROVED and safe_evidence(figures.blocks, plan.margin) < 1 / ALPHA:
        return "not_proved"
    return ""
