"""Starts a rollout, or refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from dashboard.accounts.models import User
from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.reviews import gate
from dashboard.reviews.review_check import requirement_for
from dashboard.rollouts.conductor.advance import record, redeploy_split, update_hold
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.external_guardrails.validation import check_external
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.models import SavedPlanEdit
from dashboard.rollouts.slow_requests.thresholds import budget_of
from dashboard.smoketests.suites.edits import newest_edit
from routing.control import audit, revision
from routing.control.deploy import active_deployment, normal_id
from routing.control.objects.messages import before_migration
from routing.control.secret_consent import secret_changes
from routing.models import DEPLOYABLE, Deployment, Version, Worker, deployable
from routing.rules.split import TOTAL


class StartRefused(Exception):
    """No rollout was started. `code` is `running`, `unknown_version`, `too_old`,
    `already_live`, `nothing_live`, `two_candidates`, `conflict`, `unknown_suite`, `review` or
    `secrets_changed`; `rollout` is the one that is already running."""

    def __init__(self, code: str, message: str, rollout: Rollout | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.rollout = rollout


def start(
    *,
    worker: Worker,
    version_id: str,
    plan: Plan,
    owner: User | None,
    source: str,
    now: datetime,
    expected: str | None = None,
    consent: bool = False,
    suite: str = "",
    by_token: bool = False,
    saved: SavedPlanEdit | None = None,
) -> Rollout:
    """Starts a rollout of a version that is not stable; it keeps traffic that it has. `consent`:
    older versions may use their own secrets. `suite` names checks to pass at 0%. `saved` is the
    saved plan that `plan` comes from, recorded if `plan` still equals it. Raises `StartRefused`,
    `PlanError` for guardrails that cannot run here, or `DeployHeld` for an API token after a
    rollback; nothing has changed then."""
    check_external(plan.external, suite)
    with transaction.atomic():
        revision.lock()
        _check_free(worker, by_token)
        deployment = _active(worker, expected)
        candidate = _candidate(worker, version_id)
        stable, weight = _roles(deployment, candidate)
        _check_suite(worker, suite)
        if not consent:
            _check_secrets(deployment, candidate)
        _check_staging(worker, deployment, candidate, stable, now)
        rollout = _create(worker, candidate, stable, plan, owner, source, now)
        rollout.deployment_id, rollout.suite = str(deployment.id), suite
        _begin(rollout, weight, now)
        _record_start(rollout, plan, saved, now)
    return rollout


def running_on(worker: Worker) -> Rollout | None:
    """The active rollout of a Worker; a database constraint allows only one."""
    return Rollout.objects.active().with_versions().filter(worker=worker).first()


def _check_free(worker: Worker, by_token: bool) -> None:
    """Before the insert, which can deadlock with a conductor that waits for our lock."""
    if running := running_on(worker):
        raise _second(running)
    if by_token:
        gate.permit_for(worker.name, by_token=True)()


def _check_suite(worker: Worker, suite: str) -> None:
    if suite and newest_edit(worker, suite) is None:
        raise StartRefused("unknown_suite", f"{worker.name} has no suite called {suite!r}.")


def _begin(rollout: Rollout, weight: int, now: datetime) -> None:
    """At the candidate's share. Saves the rollout."""
    rollout.slow_budget = budget_of(rollout.worker.name, rollout.stable_id, now).as_json()
    _take_over(rollout, weight)
    if weight:
        rollout.deployment_id = str(redeploy_split(rollout, now).id)
    rollout.save()
    update_hold(rollout, now)


def _record_start(rollout: Rollout, plan: Plan, saved: SavedPlanEdit | None, now: datetime) -> None:
    """The first event of the rollout, and an entry in the audit trail."""
    named = _named(saved, plan)
    facts = {"percentage": rollout.percentage, "steps": plan.as_json()["steps"]} | named
    code = "started_by_plan" if named else "started"
    record(rollout, code, facts, now, rollout.owner)
    started = {"rollout": str(rollout.pk), "version": str(rollout.candidate_id)}
    audit.record(
        "rollout.start",
        rollout.worker.name,
        actor=rollout.owner,
        source=rollout.source,
        now=now,
        after=started | {"plan": rollout.plan} | named,
    )


def _named(saved: SavedPlanEdit | None, plan: Plan) -> dict[str, Any]:
    """Name and edit of the saved plan; empty if its terms were changed."""
    if saved is None or replace(saved.plan, confirm_review=plan.confirm_review) != plan:
        return {}
    return {"plan_name": saved.saved_plan.name, "plan_edit": saved.number}


def _active(worker: Worker, expected: str | None) -> Deployment:
    deployment = active_deployment(worker)
    if deployment is None:
        raise StartRefused(
            "nothing_live",
            f"{worker.name} has no deployment yet. Deploy its first version at 100%.",
        )
    if expected is not None and normal_id(expected) != str(deployment.id):
        raise StartRefused(
            "conflict",
            f"{worker.name} was deployed in the meantime: deployment {deployment.id} is live.",
        )
    return deployment


def _candidate(worker: Worker, version_id: str) -> Version:
    try:
        version = worker.versions.select_related("worker").filter(id=UUID(version_id)).first()
    except ValueError:
        version = None
    if version is None:
        raise StartRefused(
            "unknown_version", f"{worker.name} has no version with the id {version_id}."
        )
    if version.is_before_migration:
        raise StartRefused("too_old", before_migration(version.number, worker.name))
    if not deployable([worker]).filter(pk=version.pk).exists():
        raise StartRefused(
            "too_old",
            f"#{version.number} is older than the {DEPLOYABLE} most recent versions of "
            f"{worker.name}, which are the ones that can be deployed. Upload it again.",
        )
    return version


def _roles(deployment: Deployment, candidate: Version) -> tuple[Version, int]:
    """The stable version, and the candidate's current share."""
    standings = roles_of_deployment(deployment)
    stable = standings[-1]
    if stable.version.pk == candidate.pk:
        raise StartRefused("already_live", f"#{candidate.number} is the stable version already.")
    other = next((s for s in standings if s.is_candidate), None)
    if other and other.version.pk != candidate.pk and other.weight:
        raise StartRefused(
            "two_candidates",
            f"#{other.version.number} has {other.percentage} of the traffic. "
            f"Roll it back, or roll it out first.",
        )
    same = other is not None and other.version.pk == candidate.pk
    return stable.version, (other.weight or 0) if other and same else 0


def _check_secrets(deployment: Deployment, candidate: Version) -> None:
    """An older version with other secret values needs consent before it gets traffic (spec,
    Deployments). Given once for all steps."""
    active = [(share.version, share.weight) for share in deployment.shares.all()]
    for change in secret_changes(active, [(candidate, TOTAL)]):
        if change.needs_consent:
            raise StartRefused(
                "secrets_changed",
                f"#{candidate.number} is older and was uploaded with other secrets: "
                f"{', '.join(change.names)}. Confirm that it may use them.",
            )


def _check_staging(
    worker: Worker, deployment: Deployment, candidate: Version, stable: Version, now: datetime
) -> None:
    """If the policy requires a review of staging at 0%, that deployment has to come first."""
    staged = [(str(candidate.id), 0), (str(stable.id), 100)]
    is_live = candidate.pk in {share.version_id for share in deployment.shares.all()}
    if not is_live and requirement_for(worker, deployment, staged).asks(now):
        raise StartRefused(
            "review",
            f"The policy of {worker.name} asks for a review before #{candidate.number} is staged "
            "at 0%. Stage it first; once that is approved, start the rollout.",
        )


def _create(
    worker: Worker,
    candidate: Version,
    stable: Version,
    plan: Plan,
    owner: User | None,
    source: str,
    now: datetime,
) -> Rollout:
    try:
        with transaction.atomic():
            return Rollout.objects.create(
                worker=worker,
                candidate=candidate,
                stable=stable,
                owner=owner,
                source=source,
                plan=plan.as_json(),
                since=now,
                started_at=now,
            )
    except IntegrityError as error:
        running = running_on(worker)
        if running is None:
            raise
        raise _second(running) from error


def _second(running: Rollout) -> StartRefused:
    return StartRefused(
        "running",
        f"A rollout of #{running.candidate.number} runs on {running.worker.name} already: "
        f"{running.state.replace('_', ' ')} at {running.percentage}.",
        running,
    )


def _take_over(rollout: Rollout, weight: int) -> None:
    """A candidate with traffic keeps its share: the rollout begins at the last step that is not
    above it."""
    if not weight:
        return
    rollout.weight, steps = weight, rollout.terms.steps
    rollout.step = max((i for i, step in enumerate(steps) if step.weight <= weight), default=-1)
    rollout.had_traffic = True
    rollout.review_confirmed = True
    rollout.state = (State.RAMPING if rollout.step >= 0 else State.REVIEW).value
