"""What people do to a remote rollout. Each action names the turn it was read at.

Abort and Hold never wait for an approval, a count or a check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import User
from dashboard.cloud.accounts.access import guarded, provider_of
from dashboard.cloud.client.errors import CloudError
from dashboard.rollouts.actions.request import ActionRefused
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, State
from dashboard.rollouts.decisions.values import (
    Action,
    Decision,
    Review,
    enter_step,
    go_back,
)
from dashboard.rollouts.remote import approvals, messages
from dashboard.rollouts.remote.advance import act
from dashboard.rollouts.remote.decide import ELSEWHERE
from dashboard.rollouts.remote.models import RemoteApproval, RemoteRollout
from dashboard.rollouts.remote.story import audited, claim, record, save_decision

LONGEST = 500


def confirm(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """A person confirms that the ramp may begin. It replaces no approval."""
    _only_in(rollout, State.REVIEW)
    if approvals.review_of(rollout, by.now) not in (Review.NOT_NEEDED, Review.APPROVED):
        raise ActionRefused("review", messages.ACTIONS["needs_approvals"])
    _note(rollout, "confirmed_by_person", by, reason, review_confirmed=True)


def step(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """To the plan's next share at once, whatever the guardrails say."""
    value = rollout.as_value()
    _only_in(rollout, State.RAMPING, State.HELD)
    if value.following is None or (rollout.before_hold or rollout.state) != State.RAMPING:
        raise ActionRefused("step", messages.ACTIONS["no_next_step"])
    _do(rollout, "step", enter_step(value, rollout.step + 1, "stepped_up"), by, reason)


def step_down(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """To the previous share, then on hold until a person resumes."""
    value = rollout.as_value()
    _only_in(rollout, State.RAMPING, State.BAKING, State.HELD)
    if rollout.step < 0:
        raise ActionRefused("step", messages.ACTIONS["no_traffic"])
    index = rollout.step - 1
    weight = value.plan.steps[index].weight if index >= 0 else 0
    before = State.RAMPING if index >= 0 else State.REVIEW
    decision = Decision(
        State.HELD, "stepped_down", index, Action.DEPLOY, weight=weight, hold="person"
    )
    _do(rollout, "step-down", decision, by, reason, before_hold=before.value)


def hold(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """No step up until a person resumes. Harm still rolls back."""
    if rollout.state == State.HELD:
        _note(rollout, "held_by_person", by, reason, hold="person", hold_clears=False)
        return
    _not_in(rollout, ENDED | GOING_BACK)
    _do(
        rollout,
        "hold",
        Decision(State.HELD, "held_by_person", rollout.step, hold="person"),
        by,
        reason,
    )


def resume(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    _only_in(rollout, State.HELD)
    before = State(rollout.before_hold or State.REVIEW)
    _do(rollout, "resume", Decision(before, "resumed", rollout.step), by, reason)


def put_back(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """Another client deployed: deploys the rollout's share again, over what is live now."""
    _only_in(rollout, State.HELD)
    if rollout.hold not in ELSEWHERE:
        raise ActionRefused("state", messages.ACTIONS["not_elsewhere"])
    before = State(rollout.before_hold or State.REVIEW)
    decision = Decision(before, "put_back", rollout.step, Action.DEPLOY, weight=rollout.weight)
    _do(rollout, "put-back", decision, by, reason, anew=True)


def leave(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """Ends the rollout and deploys nothing: what is live stays."""
    ends = rollout.hold in ELSEWHERE or State(rollout.state) is State.NEEDS_ATTENTION
    if not ends:
        raise ActionRefused("state", messages.ACTIONS["not_elsewhere"])
    _do(rollout, "leave", Decision(State.ABORTED, "left", rollout.step), by, reason, pending=None)


def abort(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """Stable gets 100%, over whatever is live. In `needs_attention` it is sent again. One that has
    deployed nothing yet just ends."""
    _not_in(rollout, ENDED | {State.ROLLING_BACK, State.VERIFYING})
    if rollout.state == State.STAGING and rollout.pending is None:
        ended = Decision(State.ABORTED, "aborted_by_person", rollout.step)
        _do(rollout, "abort", ended, by, reason)
        return
    decision = go_back(rollout.as_value(), "aborted_by_person", {})
    _do(rollout, "abort", decision, by, reason, anew=True)


def retry(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """Runs the checks again after a hold that they caused."""
    _only_in(rollout, State.HELD)
    if rollout.before_hold != State.CHECKING:
        raise ActionRefused("state", messages.ACTIONS["not_by_checks"])
    again = Decision(State.CHECKING, "checks_asked", rollout.step, Action.RUN_CHECKS)
    _do(rollout, "retry", again, by, reason)


def finish(rollout: RemoteRollout, by: Actor, reason: str) -> None:
    """In the final bake, ends the rollout."""
    _only_in(rollout, State.BAKING)
    _do(rollout, "finish", Decision(State.DONE, "finished", rollout.step), by, reason)


ACTIONS: dict[str, Callable[[RemoteRollout, Actor, str], None]] = {
    "confirm": confirm,
    "step": step,
    "step-down": step_down,
    "hold": hold,
    "resume": resume,
    "put-back": put_back,
    "leave": leave,
    "abort": abort,
    "retry": retry,
    "finish": finish,
}


def vote(rollout: RemoteRollout, person: User, kind: str, comment: str, by: Actor) -> None:
    """Raises `ActionRefused` if this person's word does not count."""
    rule = approvals.requirement_of(rollout).rule
    if rule is None or State(rollout.state) in ENDED | GOING_BACK:
        raise ActionRefused("state", messages.ACTIONS["no_approvals"])
    if code := approvals.why_not(rollout, rule, person):
        raise ActionRefused("person", messages.WHY_NOT[code])
    with transaction.atomic():
        RemoteApproval.objects.create(
            rollout=rollout,
            person=person,
            username=person.username,
            kind=RemoteApproval.Kind(kind),
            comment=comment[:2000],
            at=by.now,
        )
        record(rollout, f"vote_{kind}", {"reason": comment[:LONGEST]}, by.now, person)
        audited(rollout, f"vote_{kind}", by.source, by.now, person, comment=comment[:LONGEST])


def _do(
    rollout: RemoteRollout,
    verb: str,
    decision: Decision,
    by: Actor,
    reason: str,
    *,
    anew: bool = False,
    **fields: Any,
) -> None:
    """`anew`: over what is live now, which is read first; else only over the rollout's own
    deployment. Raises `Moved`."""
    if rollout.pending is not None and "pending" not in fields and decision.state not in GOING_BACK:
        raise ActionRefused("state", messages.ACTIONS["deploying"])
    facts = dict(decision.facts) | ({"reason": reason[:LONGEST]} if reason else {})
    decision = replace(decision, facts=facts)
    if decision.action is Action.DEPLOY:
        expected = _live_id(rollout, by) if anew else rollout.deployment_id
        act(
            rollout,
            decision,
            by.now,
            expected=expected,
            by=by.actor,
            source=by.source,
            fields=fields,
        )
        return
    more = fields | ({"check_run": {"state": "waiting"}} if verb == "retry" else {})
    with transaction.atomic():
        claim(rollout)
        save_decision(rollout, decision, by.now, by.actor, fields=more)
        audited(rollout, verb, by.source, by.now, by.actor, reason=reason[:LONGEST])


def _live_id(rollout: RemoteRollout, by: Actor) -> str:
    """Without an answer the rollout's own: the conductor then sends it as soon as it can."""
    name, provider = rollout.worker_name, provider_of(rollout.account)
    try:
        listed = guarded(rollout.account, lambda: provider.deployments(name), by.now)
    except CloudError:
        return rollout.deployment_id
    return listed[0].id if listed else ""


def _note(rollout: RemoteRollout, code: str, by: Actor, reason: str, **fields: Any) -> None:
    """Changes fields that the next decision reads; deploys nothing."""
    with transaction.atomic():
        claim(rollout)
        for name, value in fields.items():
            setattr(rollout, name, value)
        rollout.save()
        record(rollout, code, {"reason": reason[:LONGEST]} if reason else {}, by.now, by.actor)
        audited(rollout, code, by.source, by.now, by.actor, reason=reason[:LONGEST])


def _only_in(rollout: RemoteRollout, *states: State) -> None:
    if State(rollout.state) not in states:
        raise ActionRefused("state", messages.not_in_state(rollout.state))


def _not_in(rollout: RemoteRollout, states: frozenset[State] | set[State]) -> None:
    if State(rollout.state) in states:
        raise ActionRefused("state", messages.not_in_state(rollout.state))


__all__ = ["ACTIONS", "ActionRefused", "vote"]
