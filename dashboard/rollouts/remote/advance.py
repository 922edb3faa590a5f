"""One look at one rollout: settles a deployment that was begun, else decides once and acts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.accounts.models import User
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.decisions.values import Action, Decision
from dashboard.rollouts.remote import checks
from dashboard.rollouts.remote.decide import Seen, decide
from dashboard.rollouts.remote.deploying import carry_on, deploy, sent_at
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.observation import deployments_of, observe
from dashboard.rollouts.remote.story import claim, save_decision


def look_at(rollout: RemoteRollout, now: datetime) -> None:
    """Raises `Moved` if another process was first, or `CloudError`."""
    if rollout.pending is not None:
        _settle(rollout, now)
        return
    if rollout.state == State.CHECKING and checks.is_waiting(rollout, now):
        checks.carry_out(rollout, now)
        return
    seen = observe(rollout, now)
    if seen is None:
        return
    _note_ready(rollout, seen)
    value = rollout.as_value()
    decision = decide(value, seen, now)
    if decision.changes(value):
        act(rollout, decision, now, expected=rollout.deployment_id)
    elif (decision.code, dict(decision.facts)) != (rollout.reason, rollout.facts):
        RemoteRollout.objects.filter(pk=rollout.pk, turn=rollout.turn).update(
            reason=decision.code, facts=dict(decision.facts)
        )


def act(
    rollout: RemoteRollout,
    decision: Decision,
    now: datetime,
    *,
    expected: str,
    by: User | None = None,
    source: str = "rollout",
    fields: Mapping[str, Any] | None = None,
) -> None:
    """Applies a decision. `expected` has to be live for a deployment to be made."""
    if decision.action is Action.DEPLOY:
        deploy(rollout, decision, now, expected=expected, by=by, source=source, fields=fields)
        return
    more = dict(fields or {})
    if decision.action is Action.RUN_CHECKS:
        more["check_run"] = {"state": checks.WAITING}
    with transaction.atomic():
        claim(rollout)
        save_decision(rollout, decision, now, by, fields=more)


def _settle(rollout: RemoteRollout, now: datetime) -> None:
    """Only what was read after the deployment was sent says anything about it."""
    assert rollout.pending is not None
    if rollout.change is None:  # the account's changes were deleted: there is no marker to look for
        return
    read = deployments_of(rollout, now)
    is_newer = read.read_at is not None and read.read_at > sent_at(rollout)
    carry_on(rollout, read.value if is_newer else None, read.read_at, now)


def _note_ready(rollout: RemoteRollout, seen: Seen) -> None:
    ready = seen.observation.ready_at
    if ready is not None and rollout.ready_at is None and not rollout.goes_back:
        rollout.ready_at = ready
        RemoteRollout.objects.filter(pk=rollout.pk, turn=rollout.turn).update(ready_at=ready)
