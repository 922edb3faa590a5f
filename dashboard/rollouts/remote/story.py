"""Writes of a remote rollout: each under the turn it was based on, with its event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.accounts.models import User
from dashboard.notifications.events import Event
from dashboard.notifications.notify import notify
from dashboard.rollouts.conductor.notices import event_of
from dashboard.rollouts.decisions.states import ENDED, State
from dashboard.rollouts.decisions.values import Decision, after
from dashboard.rollouts.remote import messages
from dashboard.rollouts.remote.approvals import approvers_of
from dashboard.rollouts.remote.models import RemoteRollout, RemoteRolloutEvent
from routing.control import audit


class Moved(Exception):
    """Another writer was first."""


def claim(rollout: RemoteRollout) -> None:
    """Takes the next turn, or raises `Moved`. Call it first, inside a transaction."""
    turn = rollout.turn
    rows = RemoteRollout.objects.filter(pk=rollout.pk, turn=turn)
    if not rows.update(turn=turn + 1):
        raise Moved
    rollout.turn = turn + 1


def record(
    rollout: RemoteRollout, code: str, facts: Mapping[str, Any], now: datetime, by: User | None
) -> RemoteRolloutEvent:
    return rollout.events.create(
        at=now,
        state=rollout.state,
        step=rollout.step,
        code=code,
        facts=dict(facts),
        username=by.username if by else "",
    )


def save_decision(
    rollout: RemoteRollout,
    decision: Decision,
    now: datetime,
    by: User | None = None,
    *,
    deployment_id: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> None:
    """The row, its event and its notification. `deployment_id` is live now, if that changed. Call
    it inside a transaction, after `claim`."""
    before = rollout.state
    live_id = rollout.deployment_id if deployment_id is None else deployment_id
    rollout.take(after(rollout.as_value(), decision, now, live_id))
    if decision.weight is not None:
        rollout.weight = decision.weight
    for name, value in (fields or {}).items():
        setattr(rollout, name, value)
    rollout.reason, rollout.facts = decision.code, dict(decision.facts)
    rollout.ended_at = now if State(rollout.state) in ENDED else None
    rollout.save()
    record(rollout, decision.code, decision.facts, now, by)
    announce(rollout, before, now, by)


def announce(rollout: RemoteRollout, before: str, now: datetime, by: User | None) -> None:
    event = event_of(State(rollout.state), State(before), rollout.reason)
    if event is not None:
        _notify(event, rollout, [rollout.owner], now, by)
    if rollout.state == State.REVIEW and before != State.REVIEW:
        if people := approvers_of(rollout):
            _notify(Event.REVIEW_REQUESTED, rollout, people, now, rollout.owner)


def _notify(
    event: Event,
    rollout: RemoteRollout,
    people: Sequence[User | None],
    now: datetime,
    by: User | None,
) -> None:
    notify(
        event,
        now=now,
        worker=f"{rollout.account.slug}/{rollout.worker_name}",
        by=by,
        people=people,
        facts={
            "rollout": str(rollout.pk),
            "code": rollout.reason,
            "percentage": rollout.percentage,
            "reason": messages.reason(rollout.reason, rollout.facts),
            "comment": rollout.facts.get("reason", ""),
        },
        link=rollout.get_absolute_url(),
    )


def audited(
    rollout: RemoteRollout, verb: str, source: str, now: datetime, by: User | None, **after_: Any
) -> None:
    audit.record(
        f"rollout.{verb}",
        rollout.worker.audit_subject,
        actor=by,
        source=source,
        now=now,
        after={"rollout": str(rollout.pk), "state": rollout.state} | after_,
    )
