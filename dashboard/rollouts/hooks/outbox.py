"""Creates the requests to a Worker's hooks in the transaction of a decision.

Nothing is sent here: no decision, Abort or Hold waits for a hook.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from dashboard.rollouts.decisions.next_step import Action, Decision, transition
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, State
from dashboard.rollouts.external_guardrails.payload import state_of
from dashboard.rollouts.hooks.events import HookEvent, HookKind, Progress
from dashboard.rollouts.hooks.models import Hook, HookDelivery
from dashboard.rollouts.models import Rollout

RESUMED = "resumed"
"""The code of the decision after which gates that refused or failed are called again."""


def on_decision(rollout: Rollout, decision: Decision, now: datetime) -> None:
    """Call after the decision was applied to `rollout`. No query if it has no event."""
    if decision.action is Action.ASK_GATES:
        _request_gates(rollout, now)
        return
    state = State(rollout.state)
    if decision.code == RESUMED:
        _void(rollout, Progress.REFUSED, Progress.FAILED)
    if state in GOING_BACK | ENDED:
        _void(rollout, Progress.WAITING, Progress.FAILED)
    event = _event_of(decision, state)
    if event is not None:
        hooks = _hooks(rollout, event, HookKind.NOTICE)
        HookDelivery.objects.bulk_create(
            [
                new_delivery(hook, event, state_of(rollout, now), now, rollout=rollout)
                for hook in hooks
            ]
        )


def new_delivery(
    hook: Hook,
    event: HookEvent,
    data: dict[str, Any],
    now: datetime,
    *,
    rollout: Rollout | None = None,
    step: int = -1,
) -> HookDelivery:
    """An unsaved request. Every attempt sends the same body."""
    body = {"type": f"rollout.{event}", "timestamp": now.isoformat(), "data": data}
    return HookDelivery(
        hook=hook,
        rollout=rollout,
        event=event.value,
        step=step,
        deployment_id=rollout.deployment_id if rollout else "",
        message_id=f"msg_{uuid.uuid4().hex}",
        body=json.dumps(body),
        next_try_at=now,
        created_at=now,
    )


def _request_gates(rollout: Rollout, now: datetime) -> None:
    """Queues a request to every gate before the next step."""
    value = rollout.as_value()
    event, step = transition(value)
    if event is None:
        return
    _void(rollout, *Progress)
    to = value.upcoming.steps[step].weight / 1000 if step >= 0 else 0
    data = state_of(rollout, now) | {"next": {"step": step, "percentage": to}}
    HookDelivery.objects.bulk_create(
        [
            new_delivery(hook, event, data, now, rollout=rollout, step=step)
            for hook in _hooks(rollout, event, HookKind.GATE)
        ]
    )


def _event_of(decision: Decision, state: State) -> HookEvent | None:
    """The event whose notices are new_delivery."""
    if state is State.DONE:
        return HookEvent.AFTER_DONE
    if decision.action is not Action.DEPLOY:
        return None
    if state in GOING_BACK:
        return HookEvent.ON_ROLLBACK
    return HookEvent.BEFORE_STEP if decision.weight else HookEvent.BEFORE_STAGE


def _hooks(rollout: Rollout, event: HookEvent, kind: HookKind) -> QuerySet[Hook]:
    return Hook.objects.filter(worker=rollout.worker, event=event, kind=kind, enabled=True)


def _void(rollout: Rollout, *states: Progress) -> None:
    """Voids requests to gates in these states; notices are still sent."""
    gates = HookDelivery.objects.filter(rollout=rollout, hook__kind=HookKind.GATE)
    gates.filter(state__in=states).update(state=Progress.VOID, next_try_at=None)
