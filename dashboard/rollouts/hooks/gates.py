"""The state of the gates before a rollout's next step, from the database only."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.rollouts.decisions.next_step import transition
from dashboard.rollouts.hooks.events import OPEN, Gate, GateAnswer, HookKind, Progress, gate_of
from dashboard.rollouts.hooks.models import Hook, HookDelivery
from dashboard.rollouts.models import Rollout

FRESH = timedelta(minutes=5)
"""How long an answer "safe" is valid; after it the gate is called again."""


def gate_before(rollout: Rollout, now: datetime) -> Gate:
    """One query without gates, two with."""
    event, step = transition(rollout.as_value())
    if event is None:
        return OPEN
    hooks = Hook.objects.filter(
        worker=rollout.worker, event=event, kind=HookKind.GATE, enabled=True
    )
    names = dict(hooks.values_list("pk", "name"))
    if not names:
        return OPEN
    requests = HookDelivery.objects.filter(
        rollout=rollout, event=event, step=step, deployment_id=rollout.deployment_id
    )
    newest = {row.hook_id: row for row in requests.exclude(state=Progress.VOID).order_by("pk")}
    return gate_of([_answer(name, newest.get(pk), now) for pk, name in names.items()])


def _answer(name: str, row: HookDelivery | None, now: datetime) -> GateAnswer:
    if row is None:
        return GateAnswer(name, None)
    progress = Progress(row.state)
    stale = row.answered_at is not None and abs(now - row.answered_at) > FRESH
    if progress is Progress.DONE and stale:
        return GateAnswer(name, None)
    return GateAnswer(name, progress, row.answer.rstrip("."))
