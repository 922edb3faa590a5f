"""What a breach of each guardrail does, and which judgment decides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.rollouts.decisions.guardrails import WORST_FIRST, Judgment
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.decisions.states import OnHarm, Verdict
from dashboard.rollouts.external_guardrails.terms import OnBreach
from dashboard.rollouts.external_guardrails.verdicts import outside_names

NOTHING_DECIDES = Judgment("none", Verdict.SAFE, "only_shown")
_BY_PLAN = {OnHarm.ABORT: OnBreach.ROLL_BACK, OnHarm.HOLD: OnBreach.HOLD}


def breach_of(plan: Plan, name: str) -> OnBreach:
    """By the plan's `on_breach`, else the guardrail's own, else the plan's `on_harm`."""
    if name in plan.external.on_breach:
        return plan.external.on_breach[name]
    own = {source.name: source.on_breach for source in plan.external.sources}
    return own.get(name, _BY_PLAN[plan.on_harm])


def with_breaches(judgments: Sequence[Judgment], plan: Plan) -> list[Judgment]:
    """The same judgments, each with what its breach does."""
    return [replace(one, on_breach=breach_of(plan, one.name)) for one in judgments]


def deciding(judgments: Sequence[Judgment], plan: Plan) -> Judgment:
    """The worst judgment; of two breaches, the one that rolls back.

    A guardrail with `on_breach: show` never reports harm. If it uses the rollout's own counts, it
    still blocks a step for lack of data.
    """
    outside = outside_names(plan.external)
    effective = [_effective(one) for one in judgments if not _is_left_out(one, outside)]
    return min(effective, key=_rank, default=NOTHING_DECIDES)


def _is_left_out(judgment: Judgment, outside: frozenset[str]) -> bool:
    return judgment.on_breach is OnBreach.SHOW and judgment.name in outside


def _effective(judgment: Judgment) -> Judgment:
    if judgment.on_breach is OnBreach.SHOW and judgment.verdict is Verdict.HARM:
        return replace(judgment, verdict=Verdict.SAFE, code="only_shown")
    return judgment


def _rank(judgment: Judgment) -> tuple[int, bool]:
    return WORST_FIRST.index(judgment.verdict), judgment.on_breach is not OnBreach.ROLL_BACK
