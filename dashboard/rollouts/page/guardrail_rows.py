"""Rows of the guardrail table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.rollouts import messages
from dashboard.rollouts.conductor.observation import figures_of, judgments
from dashboard.rollouts.decisions.breaches import breach_of
from dashboard.rollouts.decisions.guardrails import Figures, Judgment
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.decisions.states import TAKES_TRAFFIC, State, Verdict
from dashboard.rollouts.external_guardrails.messages import BREACHES
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.page.intervals import IntervalPlot, rate_plot, ratio_plot
from dashboard.rollouts.page.time_to_verdict import minutes_left
from dashboard.rollouts.slow_requests.judgment import SLOW_RATIO
from dashboard.statistics.blocks import Block, pooled
from dashboard.statistics.comparison import ratio_interval, safe_evidence
from dashboard.statistics.proportion import rate_interval

VERDICTS = {
    Verdict.SAFE: ("ok", "Safe to step"),
    Verdict.HARM: ("danger", "Harm found"),
    Verdict.NOT_YET: ("plain", "Not yet"),
    Verdict.CANNOT_JUDGE: ("warn", "Cannot judge"),
}


@dataclass(frozen=True, slots=True)
class Guardrail:
    """`plot`: the interval behind the verdict. `expected`: minutes until "not yet" ends.
    `breach`: what a breach does."""

    name: str
    counts: str
    limit: str
    stable: str
    candidate: str
    tone: str
    verdict: str
    words: str
    plot: IntervalPlot | None = None
    expected: int | None = None
    breach: str = ""


def guardrail_rows(rollout: Rollout, now: datetime) -> list[Guardrail]:
    """Empty while the candidate has no traffic."""
    watched = State(rollout.before_hold if rollout.state == State.HELD else rollout.state)
    if watched not in TAKES_TRAFFIC:
        return []
    figures = figures_of(rollout, now)
    return [_guardrail(rollout, figures, j, now) for j in judgments(rollout, figures, now)]


def _guardrail(rollout: Rollout, figures: Figures, judgment: Judgment, now: datetime) -> Guardrail:
    tone, verdict = VERDICTS[judgment.verdict]
    if judgment.code == "no_budget":
        tone, verdict = "plain", "Not judged"
    name, counts, limit = messages.guardrail(rollout, judgment.name)
    stable, candidate = _rates(figures, judgment)
    return Guardrail(
        name=name,
        counts=counts,
        limit=limit,
        breach=BREACHES[breach_of(rollout.terms, judgment.name)],
        stable=stable,
        candidate=candidate,
        tone=tone,
        verdict=verdict,
        words=messages.reason(judgment.code, judgment.facts),
        plot=plot_of(rollout.terms, figures, judgment),
        expected=_expected(rollout, figures, judgment, now),
    )


def _rates(figures: Figures, judgment: Judgment) -> tuple[str, str]:
    """Rates of stable and candidate as text."""
    name = judgment.name
    if slow := figures.slow.get(name.removeprefix("slow_")):
        return messages.slow_share(*slow.stable), messages.slow_share(*slow.candidate)
    stable, candidate = "–", str(judgment.facts.get("value", "–"))
    if name in ("errors", "limit"):
        candidate = str(FailureRate(figures.failed, figures.requests))
    if name == "errors":
        stable = str(FailureRate(figures.stable[1], figures.stable[0]))
    return stable, candidate


def plot_of(plan: Plan, figures: Figures, judgment: Judgment) -> IntervalPlot | None:
    """None if there is nothing to compare yet."""
    if judgment.name == "errors":
        ratio = _ratio(figures.candidate, figures.stable)
        return _ratio_plot(figures.blocks, ratio, plan.margin)
    if slow := figures.slow.get(judgment.name.removeprefix("slow_")):
        return _ratio_plot(slow.blocks, _ratio(slow.candidate, slow.stable), SLOW_RATIO)
    if judgment.name == "limit" and figures.requests:
        interval = rate_interval(figures.failed, figures.requests)
        return rate_plot(interval, figures.failed / figures.requests, plan.error_limit)
    return None


def _ratio_plot(blocks: Sequence[Block], ratio: float | None, limit: float) -> IntervalPlot | None:
    """Pools the blocks: a long step has hundreds, which would be slow."""
    fewer = pooled(blocks)
    return ratio_plot(ratio_interval(fewer), ratio, limit) if fewer else None


def _ratio(candidate: tuple[int, int], stable: tuple[int, int]) -> float | None:
    """The observed ratio of two (requests, failed); None where one rate is unknown or 0."""
    (requests, failed), (stable_requests, stable_failed) = candidate, stable
    if not (requests and stable_requests and stable_failed):
        return None
    return (failed / requests) / (stable_failed / stable_requests)


def _expected(rollout: Rollout, figures: Figures, judgment: Judgment, now: datetime) -> int | None:
    if judgment.verdict is not Verdict.NOT_YET:
        return None
    evidence = safe_evidence(figures.blocks, rollout.terms.margin)
    elapsed = now - rollout.since
    return minutes_left(judgment.code, judgment.facts, rollout.terms, elapsed, evidence)
