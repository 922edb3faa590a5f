"""A deployment in two phases: stored with its marker, sent once, settled by what is read later.

No transaction is open while the API is called. A deployment whose answer is missing, or whose
process died, is looked for by its marker and never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import User
from dashboard.cloud.changes.deploy import new_change, others_as_json, send as send_change
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.models import CloudChange
from dashboard.cloud.provider.guarded_deploy import outcome
from dashboard.cloud.provider.values import DeploymentSummary, DeployResult, DeployState, Share
from dashboard.rollouts.decisions.states import GOING_BACK, State
from dashboard.rollouts.decisions.values import Action, Decision
from dashboard.rollouts.remote import confirmation
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.observation import described
from dashboard.rollouts.remote.story import audited, claim, record, save_decision
from routing.rules.split import TOTAL, format_percentage

LOST_AFTER = timedelta(seconds=90)
"""After this a deployment without a trace is given up; a person decides what to do."""
UNSURE_AFTER = timedelta(seconds=10)
"""Until then the process that sent it may still wait for its answer."""
PASSES = frozenset({Kind.RATE_LIMITED, Kind.OVER_BUDGET, Kind.UNREACHABLE, Kind.UNAVAILABLE})
"""Errors that took no effect and pass by themselves."""


def deploy(
    rollout: RemoteRollout,
    decision: Decision,
    now: datetime,
    *,
    expected: str,
    by: User | None = None,
    source: str = "rollout",
    fields: Mapping[str, Any] | None = None,
) -> None:
    """Stores the decision, then sends its deployment. Raises `Moved`; nothing was sent then."""
    with transaction.atomic():
        claim(rollout)
        rollout.change = _change(rollout, decision, expected, now, by)
        rollout.pending = {
            "decision": _as_json(decision),
            "was": [rollout.state, rollout.before_hold, rollout.hold, rollout.hold_clears],
            "fields": dict(fields or {}),
            "by": by.pk if by else None,
            "sent": True,
        }
        if decision.state in GOING_BACK:
            rollout.state = State.ROLLING_BACK.value
        rollout.reason, rollout.facts = "deploying", {"percentage": _share(decision)}
        rollout.save()
        record(rollout, "deploying", rollout.facts, now, by)
        audited(rollout, "deploy", source, now, by, percentage=_share(decision))
    send(rollout, now)


def send(rollout: RemoteRollout, now: datetime) -> None:
    """Calls the API once."""
    assert rollout.change is not None
    try:
        result = send_change(rollout.change, now)
    except CloudError as error:
        if error.kind is not Kind.UNSURE:
            _refused(rollout, error, now)
    else:
        settle(rollout, result, now)


def sent_at(rollout: RemoteRollout) -> datetime:
    """When the deployment was sent last."""
    assert rollout.change is not None and rollout.pending is not None
    again = rollout.pending.get("sent_at")
    return datetime.fromisoformat(again) if again else rollout.change.made_at


def carry_on(
    rollout: RemoteRollout,
    listed: Sequence[DeploymentSummary] | None,
    read_at: datetime | None,
    now: datetime,
) -> None:
    """One look at a deployment that was begun. `listed` was read at `read_at`, after it was sent;
    None if nothing was."""
    change = rollout.change
    assert change is not None and rollout.pending is not None
    if listed is not None:
        result = outcome(change.before_id or None, change.marker, listed)
        if result.state is not DeployState.UNSURE:
            settle(rollout, result, now)
            return
    given_up = rollout.state == State.NEEDS_ATTENTION
    if not rollout.pending["sent"]:
        if now - change.made_at > LOST_AFTER and not given_up:
            _give_up(rollout, "rollback_refused", rollout.facts, now)
        _send_again(rollout, now)
    elif listed is not None and read_at and read_at - sent_at(rollout) > LOST_AFTER:
        if not given_up:
            _give_up(rollout, "deploy_lost", {}, now)
    elif now - sent_at(rollout) > UNSURE_AFTER:
        _unsure(rollout, now)


def _unsure(rollout: RemoteRollout, now: datetime) -> None:
    """A rollback needs a person if what is live cannot be read for `LOST_AFTER`."""
    back = decision_of(rollout).state in GOING_BACK
    late = now - sent_at(rollout) > LOST_AFTER
    if back and late and rollout.state != State.NEEDS_ATTENTION:
        _give_up(rollout, "unsure", {}, now)
        return
    rows = RemoteRollout.objects.filter(pk=rollout.pk, turn=rollout.turn)
    if rows.filter(reason__in=("deploying", "rollback_refused")).update(reason="unsure"):
        record(rollout, "unsure", {}, now, None)


def _send_again(rollout: RemoteRollout, now: datetime) -> None:
    """A rollback that was refused; by one process. It counts as sent before it is, because its
    answer may be lost as well."""
    assert rollout.pending is not None
    pending = {**rollout.pending, "sent": True, "sent_at": now.isoformat()}
    rows = RemoteRollout.objects.filter(pk=rollout.pk, turn=rollout.turn, pending__sent=False)
    if rows.update(pending=pending):
        rollout.pending = pending
        send(rollout, now)


def settle(rollout: RemoteRollout, result: DeployResult, now: datetime) -> None:
    """Raises `Moved` if another process settled it first."""
    change, decision = rollout.change, decision_of(rollout)
    assert change is not None and rollout.pending is not None
    if result.state is DeployState.UNSURE:
        return
    by = _person(rollout)
    with transaction.atomic():
        claim(rollout)
        if result.state is DeployState.STALE:
            change.delete()
            rollout.change = None
            _restore(rollout)
            _stale(rollout, result.live, now)
            return
        change.state, change.others = str(result.state), others_as_json(result.others)
        if result.state is not DeployState.LIVE:
            change.acknowledged_at = None  # the Worker's page offers to put theirs back
        change.save()
        _landed(rollout, decision, result, now, by)
    if result.state in (DeployState.LIVE, DeployState.OVERWROTE):
        confirmation.begin(rollout, Actor(by, "rollout", now))


def _landed(
    rollout: RemoteRollout, decision: Decision, result: DeployResult, now: datetime, by: User | None
) -> None:
    assert result.ours is not None and rollout.pending is not None
    fields = {**rollout.pending["fields"], "pending": None, "ready_at": None}
    facts = {**decision.facts, "deployment_id": result.ours.id, "percentage": _share(decision)}
    _restore(rollout)
    save_decision(
        rollout,
        replace(decision, facts=facts),
        now,
        by,
        deployment_id=result.ours.id,
        fields=fields,
    )
    if result.state is DeployState.OVERTAKEN:
        _hold_for(rollout, result.live, now)
    elif result.others:
        _hold_for(rollout, result.others[0], now, "overwrote")


def _stale(rollout: RemoteRollout, live: DeploymentSummary | None, now: datetime) -> None:
    """Nothing was sent: another deployment is live. One that has not begun ends."""
    if rollout.state == State.STAGING:
        facts = described(live) if live else {}
        save_decision(rollout, Decision(State.ABORTED, "not_begun", -1, facts=facts), now)
    else:
        _hold_for(rollout, live, now)


def _hold_for(
    rollout: RemoteRollout,
    other: DeploymentSummary | None,
    now: datetime,
    code: str = "deployed_elsewhere",
) -> None:
    """Another client deployed meanwhile: forward steps wait for a person. A rollback that is live
    goes on; one that is not needs a person."""
    facts = described(other) if other else {}
    if rollout.goes_back and code == "overwrote":
        record(rollout, code, facts, now, None)
        return
    state = State.NEEDS_ATTENTION if rollout.goes_back else State.HELD
    save_decision(rollout, Decision(state, code, rollout.step, hold=code, facts=facts), now)


def _refused(rollout: RemoteRollout, error: CloudError, now: datetime) -> None:
    """Nothing was deployed. A rollback is tried again at the next look; a step is decided again, or
    waits for a person if the refusal does not pass by itself."""
    facts = {"problem": error.message}
    with transaction.atomic():
        claim(rollout)
        assert rollout.pending is not None
        if decision_of(rollout).state in GOING_BACK:
            rollout.pending = {**rollout.pending, "sent": False}
            rollout.reason, rollout.facts = "rollback_refused", facts
            rollout.save()
            if not rollout.events.filter(code="rollback_refused", facts=facts).exists():
                record(rollout, "rollback_refused", facts, now, None)
            return
        if rollout.change:
            rollout.change.delete()
            rollout.change = None
        _restore(rollout)
        if error.kind in PASSES:
            rollout.reason, rollout.facts = "deploy_waits", facts
            rollout.save()
            return
        hold = Decision(State.HELD, "deploy_refused", rollout.step, hold="deploy_refused")
        save_decision(rollout, replace(hold, facts=facts), now)


def _give_up(rollout: RemoteRollout, code: str, facts: Mapping[str, Any], now: datetime) -> None:
    """No trace after `LOST_AFTER`. A rollback is looked for on, and nothing else is decided before
    it is found or a person acts."""
    with transaction.atomic():
        claim(rollout)
        back, pending = decision_of(rollout).state in GOING_BACK, rollout.pending
        _restore(rollout)
        state = State.NEEDS_ATTENTION if back else State.HELD
        decision = Decision(state, code, rollout.step, hold=code, facts=facts)
        save_decision(rollout, decision, now, fields={"pending": pending if back else None})


def decision_of(rollout: RemoteRollout) -> Decision:
    """The decision whose deployment was begun."""
    assert rollout.pending is not None
    given = rollout.pending["decision"]
    return Decision(
        State(given["state"]),
        given["code"],
        given["step"],
        Action.DEPLOY,
        weight=given["weight"],
        hold=given["hold"],
        facts=given["facts"],
    )


def _as_json(decision: Decision) -> dict[str, Any]:
    return {
        "state": decision.state.value,
        "code": decision.code,
        "step": decision.step,
        "weight": decision.weight,
        "hold": decision.hold,
        "facts": dict(decision.facts),
    }


def _restore(rollout: RemoteRollout) -> None:
    """The state before the deployment was begun. The caller saves."""
    assert rollout.pending is not None
    rollout.state, rollout.before_hold, rollout.hold, rollout.hold_clears = rollout.pending["was"]
    rollout.pending = None


def _change(
    rollout: RemoteRollout, decision: Decision, expected: str, now: datetime, by: User | None
) -> CloudChange:
    back = decision.state in GOING_BACK
    shares = _shares(rollout, decision.weight or 0, back)
    person = by or rollout.owner
    what = "back to stable" if back else _share(decision)
    change = new_change(
        rollout.account,
        rollout.worker_name,
        shares,
        expected=expected,
        message=f"Rollout of #{rollout.candidate.number}: {what}",
        made_by=person.username if person else "",
        now=now,
    )
    change.acknowledged_at = now  # what becomes of it is on the rollout's page
    change.save(update_fields=["acknowledged_at"])
    return change


def _shares(rollout: RemoteRollout, weight: int, back: bool) -> list[Share]:
    candidate, stable = rollout.candidate.id, rollout.stable.id
    if back:
        return [Share(stable, 100)]
    if weight == TOTAL:
        return [Share(candidate, 100)]
    return [Share(candidate, weight / 1000), Share(stable, (TOTAL - weight) / 1000)]


def _share(decision: Decision) -> str:
    return format_percentage(decision.weight or 0)


def _person(rollout: RemoteRollout) -> User | None:
    assert rollout.pending is not None
    return User.objects.filter(pk=rollout.pending["by"]).first() if rollout.pending["by"] else None
