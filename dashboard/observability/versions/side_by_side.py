"""Figures of two versions, for the dialogs that compare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from dashboard.fleet.version_roles import Standing
from dashboard.observability.models import Reading
from dashboard.observability.queries.health import WELL, Health
from dashboard.observability.queries.observation import observe
from dashboard.observability.queries.statistics import Observed
from dashboard.observability.queries.traffic import RECENT, traffic
from routing.models import Deployment, Share, Worker


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """One version's five minutes: those until now, or those before it left, at `left_at`.

    `had_traffic` is false for a version that never had a share above 0.
    """

    standing: Standing
    observed: Observed
    health: Health = WELL
    left_at: datetime | None = None
    had_traffic: bool = True


@dataclass(frozen=True, slots=True)
class FigurePair:
    """The versions a decision is about, the candidate first; `counted_at` is when an edge's log was
    last counted, None before the first time."""

    rows: tuple[VersionFigures, ...]
    counted_at: datetime | None
    now: datetime

    @property
    def sick(self) -> VersionFigures | None:
        """The candidate, or the version alone, when it is not well: then one goes back."""
        first = self.rows[0] if self.rows else None
        live = first is not None and first.standing.weight is not None
        return first if first and live and not first.health.ok else None


def figures_of(
    deployment: Deployment | None,
    live: Sequence[Standing],
    others: Sequence[Standing],
    now: datetime,
) -> FigurePair:
    """The live versions, and those of `others` that are not live with their last figures.

    Six queries, and three for each of the latter, of which there is one.
    """
    shown = [
        VersionFigures(row.standing, row.observed, row.health)
        for row in observe(deployment, live, now).rows
    ]
    ids = {s.version.pk for s in live}
    worker = deployment.worker if deployment else None
    if worker is not None:
        shown += [_last_of(worker, s) for s in others if s.version.pk not in ids]
    counted_at = Reading.objects.aggregate(newest=Max("applied_on"))["newest"]
    return FigurePair(tuple(shown), counted_at, now)


def _last_of(worker: Worker, standing: Standing) -> VersionFigures:
    """What a version did in the five minutes before it last lost its traffic."""
    shares = Share.objects.filter(version=standing.version, weight__gt=0)
    last = shares.order_by("-deployment__number").values_list("deployment__number", flat=True)
    number = last.first()
    after = worker.deployments.filter(number=(number or 0) + 1).first() if number else None
    if after is None:
        return VersionFigures(standing, Observed(), had_traffic=False)
    left_at = after.created_on
    found = traffic(worker, left_at - RECENT, left_at)
    return VersionFigures(standing, found.of(standing.version.pk), left_at=left_at)
