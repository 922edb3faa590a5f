"""The actions on a running rollout. Each refers to the turn it was read at; an outdated one is
refused.

Abort and Hold never wait for a review, a metric or another request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import transaction

from dashboard.reviews.models import DeployHold
from dashboard.reviews.proposals.messages import rollout_waits
from dashboard.rollouts import messages
from dashboard.rollouts.actions.request import ActionRefused, ActionRequest
from dashboard.rollouts.actions.undo_problem import undo_problem
from dashboard.rollouts.conductor.advance import Stale, apply_decision, claim, record
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, TAKES_TRAFFIC, State
from dashboard.rollouts.decisions.values import (
    Action,
    Decision,
    Review,
    Rollout as Value,
    enter_step,
    go_back,
)
from dashboard.rollouts.external_guardrails.rechecks import HOLDS as RECHECK_HOLDS, ask_now
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.review_step.status import review_of
from routing.control import audit, revision
from routing.control.deploy import active_deployment, normal_id
from routing.rules.split import format_percentage

__all__ = ["ACTIONS", "ActionRefused", "ActionRequest", "check_position"]

REVIEW_HOLDS = ("review_rejected", "review_expired")
"""Holds after which Resume requests a new review."""


def confirm(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Step ④: a person confirms that the ramp may begin."""
    _only_in(rollout, "confirmed", State.REVIEW)
    if by.by_token:
        raise ActionRefused("person", "A person confirms. Start the rollout without confirmation.")
    _check_policy(rollout, by)
    return _note(rollout, "confirmed_by_person", by, review_confirmed=True)


def step(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Steps up at once to the plan's next share, or to `by.to`, regardless of the guardrails."""
    if by.to is not None:
        return _step_to(rollout, by, by.to)
    value = rollout.as_value()
    if value.state is State.REVIEW:
        return confirm(rollout, by)
    _only_in(rollout, "stepped up", State.RAMPING, State.HELD)
    if value.following is None or (rollout.before_hold or rollout.state) != State.RAMPING:
        raise ActionRefused("step", "There is no next step to go to.")
    return _do(rollout, "step", enter_step(value, rollout.step + 1, "stepped_up"), by)


def _step_to(rollout: Rollout, by: ActionRequest, weight: int) -> Rollout:
    """To any share of the plan. After a step down, the rollout is on hold."""
    value = rollout.as_value()
    _only_in(rollout, "moved to another step", State.REVIEW, *TAKES_TRAFFIC, State.HELD)
    _check_past_checks(value)
    if weight == rollout.weight:
        raise ActionRefused("step", f"The candidate has {rollout.percentage} already.")
    steps = value.upcoming.steps
    shares = [0, *(step.weight for step in steps)]
    if weight not in shares:
        listed = ", ".join(format_percentage(share) for share in shares)
        words = f"{format_percentage(weight)} is not a step of the plan. Its steps are {listed}."
        raise ActionRefused("unknown_step", words)
    index = shares.index(weight) - 1
    if weight < rollout.weight:
        return _go_down(rollout, by, index, weight)
    _check_reviewed(value, by)
    return _do(rollout, "step", enter_step(value, index, "stepped_up"), by)


def step_down(rollout: Rollout, by: ActionRequest) -> Rollout:
    """To the previous share or to 0%, then on hold until a person resumes."""
    value = rollout.as_value()
    _only_in(rollout, "stepped down", State.RAMPING, State.BAKING, State.HELD)
    if rollout.step < 0:
        raise ActionRefused("step", "The candidate has no traffic to take away.")
    lower = rollout.step - 1
    return _go_down(rollout, by, lower, value.plan.steps[lower].weight if lower >= 0 else 0)


def _go_down(rollout: Rollout, by: ActionRequest, index: int, weight: int) -> Rollout:
    decision = Decision(
        State.HELD,
        "stepped_down",
        index,
        Action.DEPLOY,
        weight=weight,
        hold="person",
        facts={"percentage": format_percentage(weight)},
    )
    before = State.RAMPING if index >= 0 else State.REVIEW
    return _do(rollout, "step_down", decision, by, before_hold=before.value)


def hold(rollout: Rollout, by: ActionRequest) -> Rollout:
    """No step up until a person resumes. Harm still rolls back."""
    if rollout.state == State.HELD:
        return _note(rollout, "held_by_person", by, hold="person", hold_clears=False)
    _not_in(rollout, "held", ENDED | GOING_BACK)
    decision = Decision(State.HELD, "held_by_person", rollout.step, hold="person")
    return _do(rollout, "hold", decision, by)


def resume(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Continues a rollout on hold. For an ended rollout, lets API tokens deploy again."""
    if rollout.state in {state.value for state in ENDED}:
        return _resume_deployments(rollout, by)
    _only_in(rollout, "resumed", State.HELD)
    action = Action.ASK_REVIEW if rollout.hold in REVIEW_HOLDS else Action.NONE
    decision = Decision(State(rollout.before_hold or State.REVIEW), "resumed", rollout.step, action)
    return _do(rollout, "resume", decision, by)


def abort(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Back to stable, at once and finally. In `needs_attention`, when stable has 100% but an edge
    does not prove it, ends the rollout without the proof. Right at every step: if the conductor was
    first, what it made is aborted."""
    try:
        return _abort(rollout, by)
    except Stale as moved:
        return _abort(moved.rollout, by)


def _abort(rollout: Rollout, by: ActionRequest) -> Rollout:
    if rollout.state == State.NEEDS_ATTENTION:
        return _end_unverified(rollout, by)
    _not_in(rollout, "aborted", ENDED | GOING_BACK)
    return _do(rollout, "abort", go_back(rollout.as_value(), "aborted_by_person", {}), by)


def _end_unverified(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Otherwise no fix could be deployed while an edge is down."""
    if by.by_token:
        raise ActionRefused("person", "An API token cannot end it without proof: a person aborts.")
    ended = State.ROLLED_BACK if rollout.had_traffic else State.ABORTED
    return _do(rollout, "abort", Decision(ended, "ended_unverified", rollout.step), by)


def retry(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Runs the checks again after a hold that they caused."""
    _only_in(rollout, "checked again", State.HELD)
    if rollout.hold in RECHECK_HOLDS:
        return _recheck(rollout, by)
    if rollout.before_hold != State.CHECKING:
        raise ActionRefused("state", "It is not held because of its checks.")
    again = Decision(State.CHECKING, "checks_asked", rollout.step, Action.RUN_CHECKS)
    return _do(rollout, "retry", again, by)


def _recheck(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Stays on hold: a hold that clears by itself ends when the checks pass."""
    with transaction.atomic():
        noted = _note(rollout, "recheck_asked", by)
        if ask_now(rollout, by.now) is None:
            raise ActionRefused("state", "Its checks are running already.")
    return noted


def finish(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Steps to 100% at once; in the final bake, ends the rollout."""
    value = rollout.as_value()
    if value.state is State.BAKING:
        return _do(rollout, "finish", Decision(State.DONE, "finished", rollout.step), by)
    _only_in(rollout, "finished", State.REVIEW, *TAKES_TRAFFIC, State.HELD)
    _check_past_checks(value)
    _check_reviewed(value, by)
    return _do(rollout, "finish", enter_step(value, len(value.upcoming.steps) - 1, "finished"), by)


def _check_past_checks(value: Value) -> None:
    if value.before_hold not in (None, State.REVIEW, *TAKES_TRAFFIC):
        raise ActionRefused("state", "Its checks have not passed yet. Resume it or run them again.")


def _check_reviewed(value: Value, by: ActionRequest) -> None:
    """An API token cannot skip the confirmation by a person."""
    waits = value.plan.confirm_review and not value.review_confirmed and not value.had_traffic
    if by.by_token and waits:
        raise ActionRefused("person", "A person confirms. Start the rollout without confirmation.")


def undo(rollout: Rollout, by: ActionRequest) -> Rollout:
    """Back to the former stable version after the end, within the plan's undo window and only while
    the rollout's last deployment is live."""
    with transaction.atomic():
        revision.lock()  # no deployment or rollout between the check and the act
        if code := undo_problem(rollout, by.now):
            raise ActionRefused("state", messages.undo_refused(rollout, code))
        if Rollout.objects.active().filter(worker=rollout.worker).exists():
            raise ActionRefused(
                "state", f"Another rollout of {rollout.worker.name} runs. Abort it."
            )
        return _do(rollout, "undo", go_back(rollout.as_value(), "undone", {}), by)


ACTIONS: dict[str, Callable[[Rollout, ActionRequest], Rollout]] = {
    "confirm": confirm,
    "step": step,
    "step-down": step_down,
    "hold": hold,
    "resume": resume,
    "retry": retry,
    "abort": abort,
    "finish": finish,
    "undo": undo,
}
"""By their names in the CLI and the API."""


def check_position(rollout: Rollout, deployment_id: str, step: int) -> None:
    """Raises `Stale` unless the rollout has this deployment and step."""
    if (normal_id(deployment_id), step) != (rollout.deployment_id, rollout.step):
        raise Stale(rollout)


def _check_policy(rollout: Rollout, by: ActionRequest) -> None:
    """A confirmation does not replace the approvals that the policy requires."""
    stands, proposal = review_of(rollout, active_deployment(rollout.worker), by.now)
    if stands is not Review.NOT_NEEDED:
        raise ActionRefused("review", rollout_waits(proposal, rollout.worker.name))


def _do(
    rollout: Rollout, verb: str, decision: Decision, by: ActionRequest, **fields: Any
) -> Rollout:
    facts = dict(decision.facts) | ({"reason": by.reason} if by.reason else {})
    before = {"state": rollout.state, "percentage": rollout.percentage}
    with transaction.atomic():
        done = apply_decision(
            rollout, replace(decision, facts=facts), by.now, by=by.user, fields=fields
        )
        _audit(done, verb, by, before)
    return done


def _note(rollout: Rollout, code: str, by: ActionRequest, **fields: Any) -> Rollout:
    """Changes fields that the next decision reads; deploys nothing."""
    with transaction.atomic():
        claim(rollout)
        for name, value in fields.items():
            setattr(rollout, name, value)
        rollout.save()
        record(rollout, code, {"reason": by.reason} if by.reason else {}, by.now, by.user)
        _audit(rollout, code, by, None)
    return rollout


def _resume_deployments(rollout: Rollout, by: ActionRequest) -> Rollout:
    if by.by_token:
        raise ActionRefused("person", "An API token cannot release API tokens: a person resumes.")
    waiting = DeployHold.objects.filter(
        worker=rollout.worker, kind=DeployHold.Kind.AFTER_ROLLBACK, rollout_id=rollout.pk
    )
    with transaction.atomic():
        if not waiting.delete()[0]:
            raise ActionRefused("state", "Nothing waits for this rollout.")
        record(rollout, "deployments_resumed", {}, by.now, by.user)
        _audit(rollout, "resume", by, None)
    return rollout


def _audit(rollout: Rollout, verb: str, by: ActionRequest, before: Any) -> None:
    after = {"rollout": str(rollout.pk), "state": rollout.state, "percentage": rollout.percentage}
    audit.record(
        f"rollout.{verb}",
        rollout.worker.name,
        actor=by.user,
        source=by.source,
        now=by.now,
        before=before,
        after=after | ({"reason": by.reason} if by.reason else {}),
    )


def _only_in(rollout: Rollout, done: str, *states: State) -> None:
    if State(rollout.state) not in states:
        raise ActionRefused("state", f"A rollout that is {_state(rollout)} cannot be {done}.")


def _not_in(rollout: Rollout, done: str, states: frozenset[State]) -> None:
    if State(rollout.state) in states:
        raise ActionRefused("state", f"A rollout that is {_state(rollout)} cannot be {done}.")


def _state(rollout: Rollout) -> str:
    return rollout.state.replace("_", " ")
