"""Notifications about a rollout: to its owner, to followers, and on harm to every operator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboard.accounts.models import User
from dashboard.notifications.events import Event
from dashboard.notifications.notify import notify
from dashboard.rollouts import messages
from dashboard.rollouts.decisions.states import GOING_BACK, State
from dashboard.rollouts.models import Rollout

HARM = frozenset(
    {
        "worse_than_stable",
        "slower_than_stable",
        "over_the_limit",
        "process_failed",
        "process_not_started",
        "process_crashed",
        "process_hung",
        "out_of_memory",
        "recheck_failed",
        "prometheus_breached",
        "webhook_harm",
        "more_5xx",
    }
)
"""Reasons that mean harm, whether the plan rolls back or holds."""


def announce(
    rollout: Rollout, before: str, now: datetime, by: User | None, facts: dict[str, Any]
) -> None:
    """Call inside the transaction of the decision. `before` is the previous state."""
    event = event_of(State(rollout.state), State(before), rollout.reason)
    if event is None:
        return
    notify(
        event,
        now=now,
        worker=rollout.worker.name,
        by=by,
        people=[rollout.owner],
        facts={
            "rollout": str(rollout.pk),
            "code": rollout.reason,
            "percentage": rollout.percentage,
            "reason": messages.reason(rollout.reason, rollout.facts),
            "comment": facts.get("reason", ""),
        },
        link=f"/workers/{rollout.worker.name}/rollouts/{rollout.pk}/",
    )


def event_of(state: State, before: State, reason: str) -> Event | None:
    if state is before:
        return None
    goes_back = state in GOING_BACK and before not in GOING_BACK
    if (goes_back or state is State.HELD) and reason in HARM:
        return Event.HARM
    match state:
        case State.HELD:
            return Event.HELD
        case State.NEEDS_ATTENTION:
            return Event.ATTENTION
        case State.ROLLED_BACK | State.ABORTED:
            return Event.ROLLED_BACK
        case State.DONE:
            return Event.DONE
    return None
