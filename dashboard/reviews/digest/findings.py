"""Stale splits, forgotten 0% versions and unreviewed deployments. A constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from dashboard.reviews.models import Proposal
from routing.models import Deployment, Share
from routing.rules.split import TOTAL, format_percentage

STALE_AFTER = timedelta(days=7)
PERIOD = timedelta(days=7)
QUIET_SOURCES = ("rollout", "demo")


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is stale_split, forgotten or unreviewed; `since` is the time of the deployment;
    `version` is its newest version, with its `share`."""

    kind: str
    worker: str
    since: datetime
    version: str
    share: str
    by: str


def overlooked(now: datetime) -> list[Finding]:
    """Stale splits first, then forgotten 0% versions, then unreviewed deployments."""
    live = Deployment.objects.active().values("pk")
    old = list(_with_shares().filter(pk__in=live, created_on__lt=now - STALE_AFTER))
    findings = [*map(_split, old), *map(_forgotten, old), *_unreviewed(now)]
    order = ("stale_split", "forgotten", "unreviewed")
    return sorted(filter(None, findings), key=lambda f: (order.index(f.kind), f.since))


def _with_shares() -> QuerySet[Deployment]:
    rows = Deployment.objects.select_related("worker", "author")
    return rows.prefetch_related("shares__version").order_by("created_on")


def _split(deployment: Deployment) -> Finding | None:
    """More than one version with traffic, for too long."""
    shares = [share for share in deployment.shares.all() if 0 < share.weight < TOTAL]
    return _finding("stale_split", deployment, shares) if shares else None


def _forgotten(deployment: Deployment) -> Finding | None:
    """A version at 0%, for too long."""
    shares = [share for share in deployment.shares.all() if not share.weight]
    return _finding("forgotten", deployment, shares) if shares else None


def _unreviewed(now: datetime) -> list[Finding]:
    """Deployments of the period without a review, except those of rollouts and of the demo."""
    reviewed = set(
        Proposal.objects.exclude(deployment_id="")
        .exclude(state="open")
        .values_list("deployment_id", flat=True)
    )
    rows = _with_shares().filter(created_on__gte=now - PERIOD, created_on__lte=now)
    return [
        _finding("unreviewed", deployment, list(deployment.shares.all()))
        for deployment in rows.exclude(source__in=QUIET_SOURCES)
        if str(deployment.pk) not in reviewed
    ]


def _finding(kind: str, deployment: Deployment, shares: list[Share]) -> Finding:
    share = max(shares, key=lambda share: share.version.number)
    return Finding(
        kind=kind,
        worker=deployment.worker.name,
        since=deployment.created_on,
        version=f"#{share.version.number} {share.version.tag}".rstrip(),
        share=format_percentage(share.weight),
        by=deployment.author.get_username() if deployment.author else "the system",
    )
