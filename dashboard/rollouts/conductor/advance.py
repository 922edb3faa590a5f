"""Decides once for one rollout and deploys. Safe with several conductors.

A decision and its deployment are one transaction, written under the turn that the decision was
based on. Of two conductors the second one changes nothing, and one that is killed leaves no half of
it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from dashboard.accounts.models import User
from dashboard.live.pages.fragments import UpdateReason
from dashboard.live.pages.updates import changed
from dashboard.reviews import gate
from dashboard.reviews.models import DeployHold
from dashboard.rollouts.conductor.notices import announce
from dashboard.rollouts.decisions.next_step import Action, Decision, Observation, after, next_step
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, State
from dashboard.rollouts.hooks.outbox import on_decision
from dashboard.rollouts.models import Rollout, RolloutEvent
from dashboard.rollouts.review_step.request import ask_for_review, end_review, plan_of
from dashboard.rollouts.slow_requests.budget import budget_from_json
from dashboard.rollouts.slow_requests.count_blocks import count_spec
from dashboard.smoketests.runs.run import ask
from dashboard.smoketests.suites.edits import newest_edit
from routing.control.deploy import ANY, DeployConflict
from routing.models import Deployment
from routing.rules.split import TOTAL, format_percentage
from routing.snapshot import CountSpec
from routing.transactions.after_commit import after_commit

Observe = Callable[[Rollout, datetime], Observation]


class Stale(Exception):
    """Another writer was first; `rollout` is the current state."""

    def __init__(self, rollout: Rollout) -> None:
        super().__init__("The rollout has moved on.")
        self.rollout = rollout


def advance(rollout: Rollout, observe: Observe, now: datetime) -> Decision:
    """Decides once and applies the decision. Raises `Stale` if another writer was first."""
    value = rollout.as_value()
    decision = next_step(value, observe(rollout, now), now)
    if decision.changes(value):
        try:
            apply_decision(rollout, decision, now)
        except DeployConflict:
            raise Stale(Rollout.objects.get(pk=rollout.pk)) from None
    elif (decision.code, decision.facts) != (rollout.reason, rollout.facts):
        Rollout.objects.filter(pk=rollout.pk, turn=rollout.turn).update(
            reason=decision.code, facts=dict(decision.facts)
        )
    return decision


def apply_decision(
    rollout: Rollout,
    decision: Decision,
    now: datetime,
    *,
    by: User | None = None,
    fields: dict[str, Any] | None = None,
) -> Rollout:
    """Saves the decision with its event, and deploys. `fields` are further changes to the row.
    Raises `Stale`, or what `gate.deploy` raises; nothing has changed then."""
    before = rollout.state
    with transaction.atomic():
        claim(rollout)
        if decision.state in GOING_BACK | ENDED:
            end_review(rollout, "rollout_ended", now)
        deployment_id, facts = rollout.deployment_id, dict(decision.facts)
        if decision.action is Action.DEPLOY:
            reduces_traffic = (decision.weight or 0) < rollout.weight
            rollout.weight = decision.weight or 0
            deployment = _deploy(rollout, decision, now, by, reduces_traffic)
            deployment_id = facts["deployment_id"] = str(deployment.id)
            facts["percentage"] = rollout.percentage
        if decision.action is Action.RUN_CHECKS:
            _ask_for_checks(rollout, now)
        if decision.action is Action.ASK_REVIEW:
            facts["review"] = str(ask_for_review(rollout, now).pk)
        rollout.take(after(rollout.as_value(), decision, now, deployment_id))
        for name, value in (fields or {}).items():
            setattr(rollout, name, value)
        rollout.reason, rollout.facts = decision.code, dict(decision.facts)
        rollout.ended_at = now if State(rollout.state) in ENDED else None
        rollout.save()
        record(rollout, decision.code, facts, now, by)
        on_decision(rollout, decision, now)
        announce(rollout, before, now, by, facts)
        update_hold(rollout, now)
    return rollout


def claim(rollout: Rollout) -> None:
    """Takes the next turn, or raises `Stale`. Call it first, inside a transaction."""
    turn = rollout.turn
    if not Rollout.objects.filter(pk=rollout.pk, turn=turn).update(turn=turn + 1):
        raise Stale(Rollout.objects.get(pk=rollout.pk))
    rollout.turn = turn + 1
    rollout.refresh_from_db(fields=["owner"])  # a take-over changes it without a turn


def record(
    rollout: Rollout, code: str, facts: Any, now: datetime, by: User | None = None
) -> RolloutEvent:
    """Adds an event. Open pages are updated after the commit."""
    after_commit("announce rollout", partial(changed, topic(rollout.pk), UpdateReason.EDGES))
    return rollout.events.create(
        at=now,
        state=rollout.state,
        step=rollout.step,
        code=code,
        facts=dict(facts),
        username=by.username if by else "",
    )


def topic(rollout_id: UUID) -> str:
    """The topic that pages about this rollout subscribe to."""
    return f"rollout:{rollout_id}"


def update_hold(rollout: Rollout, now: datetime) -> None:
    """While a rollout runs, only it deploys; after a rollback, API tokens wait for a person."""
    holds = DeployHold.objects.filter(worker=rollout.worker)
    state = State(rollout.state)
    fields = {
        "rollout_id": rollout.pk,
        "username": rollout.owner.username if rollout.owner else "",
        "facts": {
            "number": rollout.candidate.number,
            "tag": rollout.candidate.tag,
            "state": state.value.replace("_", " "),
            "percentage": rollout.percentage,
        },
        "created_at": now,
    }
    if state in ENDED:
        holds.filter(kind=DeployHold.Kind.RUNNING, rollout_id=rollout.pk).delete()
    else:
        holds.update_or_create(kind=DeployHold.Kind.RUNNING, worker=rollout.worker, defaults=fields)
    if state is State.DONE:  # after a successful rollout, tokens need not wait
        holds.filter(kind=DeployHold.Kind.AFTER_ROLLBACK).delete()
    if state in (State.ROLLED_BACK, State.ABORTED):
        holds.update_or_create(
            kind=DeployHold.Kind.AFTER_ROLLBACK, worker=rollout.worker, defaults=fields
        )


def _ask_for_checks(rollout: Rollout, now: datetime) -> None:
    """Queues a run of the suite's newest edit."""
    edit = newest_edit(rollout.worker, rollout.suite)
    if edit is not None:
        end_review(rollout, "checks_moved", now)
        ask(edit, rollout.candidate, author=rollout.owner, now=now, rollout_id=rollout.pk)


def _deploy(
    rollout: Rollout, decision: Decision, now: datetime, by: User | None, reduces_traffic: bool
) -> Deployment:
    """Deploys the candidate's share. A rollback is unconditional and needs no review."""
    back = decision.state in GOING_BACK
    return gate.deploy(
        worker=rollout.worker,
        by_token=False,
        rollout_id=rollout.pk,
        plan=plan_of(rollout),
        reduces_traffic=back or reduces_traffic,
        shares=_shares(rollout, decision.weight or 0, back),
        author=by or rollout.owner,
        source="rollout",
        now=now,
        message=f"Rollout of #{rollout.candidate.number}: {_words(decision, back)}",
        expected=ANY if back else rollout.deployment_id,
        triggered_by="rollback" if back else "rollout",
        counts=_counts(rollout, decision, now),
        force=True,  # consent was given at the start; a rollback needs none
    )


def redeploy_split(rollout: Rollout, now: datetime) -> Deployment:
    """Deploys the current split again, so that counts begin with the rollout and edges count it as
    a step."""
    bake = rollout.terms.steps[max(rollout.step, 0)].bake
    return gate.deploy(
        worker=rollout.worker,
        by_token=False,
        rollout_id=rollout.pk,
        shares=_shares(rollout, rollout.weight, back=False),
        author=rollout.owner,
        source="rollout",
        now=now,
        message=f"Rollout of #{rollout.candidate.number} takes over at {rollout.percentage}",
        expected=rollout.deployment_id,
        triggered_by="rollout",
        counts=count_spec(bake, budget_from_json(rollout.slow_budget), now),
        force=True,  # the same versions as before
    )


def _counts(rollout: Rollout, decision: Decision, now: datetime) -> CountSpec | None:
    """How edges count the new step; None at 0%, where nothing is compared."""
    if not decision.weight:
        return None
    value = rollout.as_value()
    plan = value.plan if decision.step == value.step else value.upcoming
    last = decision.weight == TOTAL
    bake = plan.final_bake if last else plan.steps[decision.step].bake
    return count_spec(bake, budget_from_json(rollout.slow_budget), now)


def _shares(rollout: Rollout, weight: int, back: bool) -> list[tuple[str, str]]:
    candidate, stable = str(rollout.candidate_id), str(rollout.stable_id)
    if back:
        return [(stable, "100")]
    if weight == TOTAL:
        return [(candidate, "100")]
    part, rest = (format_percentage(w).rstrip("%") for w in (weight, TOTAL - weight))
    return [(candidate, part), (stable, rest)]


def _words(decision: Decision, back: bool) -> str:
    return "back to stable" if back else format_percentage(decision.weight or 0)
