"""Versions that are at 0% for longer than their plan or the settings allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from dashboard.accounts.models import User
from dashboard.fleet.deployment_cache import roles_of_deployments
from dashboard.fleet.version_roles import Standing
from dashboard.rollouts.decisions.states import GOING_BACK, State
from dashboard.rollouts.models import Rollout
from routing.models import Deployment, Share, Version, Worker


@dataclass(frozen=True, slots=True)
class ForgottenVersion:
    """`version` is at 0% since `since`. With a `rollout`, an abort removes it; otherwise
    `deployment_id` is the active deployment that contains it and `stable`."""

    worker: Worker
    version: Version
    stable: Version
    since: datetime
    allowed: timedelta
    owner: User | None
    deployment_id: str
    rollout: Rollout | None = None


def allowed_at_zero() -> timedelta:
    """How long a version without a rollout may stay at 0%."""
    return timedelta(days=settings.EXPIRE_STAGED_DAYS)


def forgotten_versions(now: datetime) -> list[ForgottenVersion]:
    """Of all Workers, oldest first. A constant number of queries."""
    rollouts = list(Rollout.objects.active().with_versions())
    with_rollout = {rollout.worker_id for rollout in rollouts}
    forgotten = [one for rollout in rollouts if (one := forgotten_by(rollout, now))]
    deployments = _deployments_with_zero(now - allowed_at_zero())
    standings = roles_of_deployments(deployments)
    for deployment in deployments:
        if deployment.worker_id not in with_rollout:
            forgotten += _in_deployment(deployment, standings[deployment.pk], now)
    return sorted(forgotten, key=lambda one: one.since)


def forgotten_by(rollout: Rollout, now: datetime) -> ForgottenVersion | None:
    """The candidate of a rollout that has stayed at 0% for longer than its plan allows."""
    allowed = rollout.terms.expiry
    waits = State(rollout.state) not in GOING_BACK and not rollout.weight
    if not waits or now - rollout.since <= allowed:
        return None
    return ForgottenVersion(
        worker=rollout.worker,
        version=rollout.candidate,
        stable=rollout.stable,
        since=rollout.since,
        allowed=allowed,
        owner=rollout.owner,
        deployment_id=rollout.deployment_id,
        rollout=rollout,
    )


def forgotten_in_deployment(
    deployment: Deployment | None, standings: Sequence[Standing], now: datetime
) -> ForgottenVersion | None:
    """The forgotten version of an active deployment without a rollout. No query."""
    if deployment is None:
        return None
    return next(iter(_in_deployment(deployment, standings, now)), None)


def _in_deployment(
    deployment: Deployment, standings: Sequence[Standing], now: datetime
) -> list[ForgottenVersion]:
    allowed = allowed_at_zero()
    if now - deployment.created_on <= allowed or len(standings) < 2:
        return []
    full = next((s.version for s in standings if s.weight), standings[-1].version)
    return [
        ForgottenVersion(
            worker=deployment.worker,
            version=standing.version,
            stable=full,
            since=deployment.created_on,
            allowed=allowed,
            owner=deployment.author,
            deployment_id=str(deployment.pk),
        )
        for standing in standings
        if standing.weight == 0
    ]


def _deployments_with_zero(before: datetime) -> list[Deployment]:
    zero = Share.objects.filter(weight=0).values("deployment")
    old = Deployment.objects.active().filter(created_on__lt=before, pk__in=zero)
    return list(old.select_related("worker", "author"))
