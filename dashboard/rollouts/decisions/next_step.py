"""`next_step(rollout, observation, now)`: the next decision for a rollout. Pure.

The conductor calls it at every look, saves the decision and deploys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dashboard.rollouts.decisions.guardrails import PROCESSES, Judgment
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.decisions.states import (
    ENDED,
    GOING_BACK,
    STAGED,
    TAKES_TRAFFIC,
    OnHarm,
    State,
    Verdict,
)
from dashboard.rollouts.decisions.values import (
    EDGE_PATIENCE,
    Action,
    Checks,
    Decision,
    Observation,
    Review,
    Rollout,
    after,
    enter_step,
    go_back,
)
from dashboard.rollouts.external_guardrails.terms import OnBreach
from dashboard.rollouts.hooks.events import GateState, HookEvent

__all__ = [
    "EDGE_PATIENCE",
    "Action",
    "Checks",
    "Decision",
    "Observation",
    "Review",
    "Rollout",
    "after",
    "enter_step",
    "go_back",
    "next_step",
]

VERIFY_PATIENCE = timedelta(seconds=90)
"""How long the proof that stable answers may take before the rollout needs attention."""


def next_step(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    """The decision at `now`. Deterministic."""
    if rollout.state in ENDED:
        return _stay(rollout, "ended")
    if rollout.state not in GOING_BACK and rollout.state is not State.STAGING:
        if seen.deployment_id != rollout.deployment_id:
            return _hold(rollout, "deployed_elsewhere", {"deployment": seen.deployment_id})
        if harm := _harm(rollout, seen):
            return harm
    return _RULES[rollout.state](rollout, seen, now)


def _staging(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    staged = Decision(State.WAITING, "staged", -1, Action.DEPLOY, weight=0)
    return _past_gates(rollout, seen, staged)


def _waiting(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    if seen.ready_at is None:
        return _wait_for_edges(rollout, seen, now)
    if rollout.has_suite:
        return Decision(State.CHECKING, "edges_ready", -1, Action.RUN_CHECKS)
    return Decision(State.REVIEW, "edges_ready", -1)


def _checking(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    if seen.checks is Checks.PASSED:
        return Decision(State.REVIEW, "checks_passed", -1)
    if seen.checks is Checks.BROKEN:
        return _hold(rollout, "checks_broken", {})
    if seen.checks is Checks.FAILED:
        if rollout.plan.on_harm is OnHarm.ABORT:
            return go_back(rollout, "checks_failed", {})
        return _hold(rollout, "checks_failed", {})
    if seen.checks is Checks.NOT_ASKED:
        return Decision(State.CHECKING, "checks_asked", -1, Action.RUN_CHECKS)
    return _stay(rollout, "checks_run")


def _review(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    """If the policy requires approvals, they replace the plan's confirmation."""
    if seen.review is Review.CHECKS_MOVED:
        return Decision(State.CHECKING, "suite_edited", -1, Action.RUN_CHECKS)
    if waits := _not_reviewed(rollout, seen):
        return waits
    by_hand = seen.review is Review.NOT_NEEDED and rollout.plan.confirm_review
    if by_hand and not rollout.review_confirmed:
        return _stay(rollout, "waits_for_confirmation")
    if not _open(rollout, now):
        return _stay(rollout, "outside_hours")
    return _past_gates(rollout, seen, enter_step(rollout, 0, "confirmed"))


def _ask_for_review(rollout: Rollout) -> Decision:
    return Decision(rollout.state, "asks_for_review", rollout.step, Action.ASK_REVIEW)


def _not_reviewed(rollout: Rollout, seen: Observation) -> Decision | None:
    """The decision while a review is missing; None if the rollout may continue."""
    facts = {"review": seen.review_id} if seen.review_id else {}
    match seen.review:
        case Review.NOT_ASKED:
            return _ask_for_review(rollout)
        case Review.WAITING:
            return _stay(rollout, "waits_for_review", facts)
        case Review.OUTSIDE_HOURS:
            return _stay(rollout, "outside_policy_hours", facts)
        case Review.REJECTED:
            return _hold(rollout, "review_rejected", facts)
        case Review.EXPIRED:
            return _hold(rollout, "review_expired", facts)
    return None


def _ramping(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    step, following = rollout.current, rollout.following
    assert step is not None and following is not None
    if seen.review is Review.NOT_ASKED:
        return _ask_for_review(rollout)
    if waits := _not_safe(rollout, seen, now, step.bake):
        return waits
    if waits := _not_reviewed(rollout, seen):
        return waits
    if not step.automatic and not rollout.step_requested:
        return _stay(rollout, "waits_for_step")
    if not _open(rollout, now) and not rollout.step_requested:
        return _stay(rollout, "outside_hours")
    return _past_gates(rollout, seen, enter_step(rollout, rollout.step + 1, "step_safe"))


def transition(rollout: Rollout) -> tuple[HookEvent | None, int]:
    """The event that gates can block next, and its step; (None, step) if there is none."""
    watched = rollout.before_hold if rollout.state is State.HELD else rollout.state
    if watched is State.STAGING:
        return HookEvent.BEFORE_STAGE, -1
    if watched is State.REVIEW:
        return HookEvent.BEFORE_STEP, 0
    if watched is State.RAMPING and rollout.following is not None:
        return HookEvent.BEFORE_STEP, rollout.step + 1
    return None, rollout.step


def _past_gates(rollout: Rollout, seen: Observation, decision: Decision) -> Decision:
    """`decision` once every gate has answered safe; a gate without an answer holds."""
    gate = seen.gate
    if gate.state is GateState.OPEN:
        return decision
    if gate.state is GateState.NOT_ASKED:
        return Decision(rollout.state, "gates_asked", rollout.step, Action.ASK_GATES)
    if gate.state is GateState.WAITING:
        return _stay(rollout, "gate_waits", gate.facts)
    if gate.state is GateState.REFUSED:
        return _hold(rollout, "gate_refused", gate.facts)
    return _hold(rollout, "gate_failed", gate.facts, clears=True)


def _baking(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    if waits := _not_safe(rollout, seen, now, rollout.plan.final_bake):
        return waits
    return Decision(State.DONE, "baked", rollout.step)


def _held(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    """A hold that clears by itself ends with its cause; others wait for Resume."""
    before = rollout.before_hold
    if not rollout.hold_clears or before is None:
        return _stay(rollout, rollout.hold)
    resumed = replace(rollout, state=before, hold="", hold_clears=False)
    again = next_step(resumed, seen, now)
    if again.state is State.HELD:
        return _stay(rollout, rollout.hold)
    return Decision(before, "cause_gone", rollout.step)


def _rolling_back(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    if seen.deployment_id != rollout.deployment_id:
        return go_back(rollout, "deployed_elsewhere", {"deployment": seen.deployment_id})
    if seen.ready_at is not None:
        return Decision(State.VERIFYING, "edges_ready", rollout.step)
    return _give_up(rollout, seen, now)


def _verifying(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    if seen.ready_at is not None and not seen.unverified_edges:
        ended = State.ROLLED_BACK if rollout.had_traffic else State.ABORTED
        return Decision(ended, "verified", rollout.step)
    return _give_up(rollout, seen, now)


def _give_up(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    """Repeats the verification; after `VERIFY_PATIENCE` the rollout needs attention."""
    facts = {"edges": list(seen.unverified_edges or seen.waiting_edges)}
    late = rollout.since is not None and now - rollout.since > VERIFY_PATIENCE
    state = State.NEEDS_ATTENTION if late else rollout.state
    code = "not_verified" if late else "verifying"
    return Decision(state, code, rollout.step, facts=facts)


def _not_safe(
    rollout: Rollout, seen: Observation, now: datetime, bake: timedelta
) -> Decision | None:
    """Why the rollout stays at this step; None if it may move on."""
    if seen.ready_at is None:
        return _wait_for_edges(rollout, seen, now)
    judgment = seen.judgment
    if judgment is None or judgment.verdict is Verdict.CANNOT_JUDGE:
        code = judgment.code if judgment else "no_figures"
        return _hold(rollout, code, judgment.facts if judgment else {}, clears=True)
    if now < seen.ready_at + bake:
        return _stay(rollout, "bakes", {"until": (seen.ready_at + bake).isoformat()})
    if judgment.verdict is not Verdict.SAFE:
        return _stay(rollout, judgment.code, judgment.facts)
    return None


def _open(rollout: Rollout, now: datetime) -> bool:
    """Whether the plan's hours allow a step up at `now`."""
    return rollout.plan.hours is None or rollout.plan.hours.include(now)


def _harm(rollout: Rollout, seen: Observation) -> Decision | None:
    """Harm counts in every state in which the candidate runs, also on hold."""
    watched = rollout.before_hold if rollout.state is State.HELD else rollout.state
    judgment = seen.judgment
    if judgment is None or judgment.verdict is not Verdict.HARM:
        return None
    staged = watched in STAGED and judgment.name == PROCESSES  # no user has reached it
    if watched not in TAKES_TRAFFIC and not staged:
        return None
    if _rolls_back(rollout.plan, judgment):
        return go_back(rollout, judgment.code, judgment.facts)
    if rollout.state is State.HELD:
        return None
    return _hold(rollout, judgment.code, judgment.facts)


def _rolls_back(plan: Plan, judgment: Judgment) -> bool:
    """By the guardrail's `on_breach`, else by the plan's `on_harm`."""
    if judgment.on_breach is None:
        return plan.on_harm is OnHarm.ABORT
    return judgment.on_breach is OnBreach.ROLL_BACK


def _wait_for_edges(rollout: Rollout, seen: Observation, now: datetime) -> Decision:
    facts = {"edges": list(seen.waiting_edges)}
    if rollout.since is not None and now - rollout.since > seen.patience:
        return _hold(rollout, "edges_waiting", facts, clears=True)
    return _stay(rollout, "edges_waiting", facts)


def _stay(rollout: Rollout, code: str, facts: Mapping[str, Any] | None = None) -> Decision:
    return Decision(
        rollout.state,
        code,
        rollout.step,
        hold=rollout.hold,
        hold_clears=rollout.hold_clears,
        facts=facts or {},
    )


def _hold(
    rollout: Rollout, code: str, facts: Mapping[str, Any], *, clears: bool = False
) -> Decision:
    if rollout.state is State.HELD:
        return _stay(rollout, code, facts)
    return Decision(State.HELD, code, rollout.step, hold=code, hold_clears=clears, facts=facts)


_RULES: Mapping[State, Callable[[Rollout, Observation, datetime], Decision]] = {
    State.STAGING: _staging,
    State.WAITING: _waiting,
    State.CHECKING: _checking,
    State.REVIEW: _review,
    State.RAMPING: _ramping,
    State.BAKING: _baking,
    State.HELD: _held,
    State.ROLLING_BACK: _rolling_back,
    State.VERIFYING: _verifying,
    State.NEEDS_ATTENTION: _verifying,
}
