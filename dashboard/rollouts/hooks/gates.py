"""What the gates before a rollout's next step have answered so far. Asks nothing by network."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.rollouts.decisions.next_step import transition
from dashboard.rollouts.hooks.events import OPEN, Gate, GateAnswer, HookKind, Progress, gate_of
from dashboard.rollouts.hooks.models import Hook, HookDelivery
from dashboard.rollouts.models import Rollout

FRESH = timedelta(minutes=5)
"""How long "safe" counts: a step that waits longer asks again."""


def gate_before(rollout: Rollout, now: datetime) -> Gate:
    """One query for a Worker without gates, two with."""
    event, step = transition(rollout.as_value())
    if event is None:
        return OPEN
    hooks = Hook.objects.filter(
        worker=rollout.worker, event=event, kind=HookKind.GATE, enabled=True
    )
    names = dict(hooks.values_list("pk", "name"))
    if not names:
        return OPEN
    asked = HookDelivery.objects.filter(
        rollout=rollout, event=event, step=step, deployment_id=rollout.deployment_id
    )
    newest = {row.hook_id: row for row in asked.exclude(state=Progress.VOID).order_by("pk")}
    return gate_of([_answer(name, newest.get(pk), now) for pk, name in names.items()])


def _answer(name: str, row: HookDelivery | None, now: datetime) -> GateAnswer:
    if row is None:
        return GateAnswer(name, None)
    progress = Progress(row.state)
    stale = row.answered_at is not None and abs(now - row.answered_at) > FRESH
    if progress is Progress.DONE and stale:
        return GateAnswer(name, None)
    return GateAnswer(name, progress, row.answer.rstrip("."))
