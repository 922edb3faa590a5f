"""All Workers at once: the last five minutes of each, and how far each edge was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastdigest import TDigest

from dashboard.fleet.active_deployments import active_deployments
from dashboard.fleet.deployment_cache import CachedDeployment, cached_deployments
from dashboard.fleet.version_roles import Standing
from dashboard.observability.models import Latency, Reading, Span
from dashboard.observability.queries.health import Health, unwell
from dashboard.observability.queries.sparkline import Spark, sparks
from dashboard.observability.queries.statistics import quantiles
from dashboard.observability.queries.traffic import RECENT, Recent, first_minute, merged, recent
from dashboard.ui.paging import Page, page_of
from routing.models import Worker

SIZE = 25
"""Workers on one page: each costs 0.4 ms to draw."""


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """One Worker, by name; `sick` are its live versions that are not well."""

    worker: str
    standings: tuple[Standing, ...]
    recent: Recent | None
    p50: float | None
    p99: float | None
    sick: list[tuple[Standing, Health]]
    spark: Spark | None


def rows(now: datetime, number: str = "") -> Page[WorkerFigures]:
    """One page; Workers with a sick version come first, then the busiest.

    All Workers are put in order, and only those of the page are looked at closely.
    """
    names = dict(Worker.objects.values_list("pk", "name"))
    active = active_deployments()
    known = cached_deployments(pk for worker, pk in active.items() if worker in names)
    made = {worker: known[pk] for worker, pk in active.items() if pk in known}
    seen, ill = recent(None, now), unwell(None, now)
    sick = {
        worker: [(s, ill[str(s.version.pk)]) for s in one.standings if str(s.version.pk) in ill]
        for worker, one in made.items()
        if ill
    }

    def attention(worker: int) -> tuple[bool, float, str]:
        found = seen.get(names[worker])
        return not sick.get(worker), -(found.requests if found else 0), names[worker]

    page = page_of(sorted(names, key=attention), number, size=SIZE)
    lines = sparks(now)
    digests = _digests([names[worker] for worker in page.items], now)
    return page.holding(
        [_row(names[w], made.get(w), seen, sick.get(w, []), digests, lines) for w in page.items]
    )


def _row(
    name: str,
    made: CachedDeployment | None,
    seen: Mapping[str, Recent],
    sick: list[tuple[Standing, Health]],
    digests: Mapping[str, TDigest],
    lines: Mapping[str, Spark],
) -> WorkerFigures:
    q = quantiles(digests.get(name))
    standings = made.standings if made else ()
    return WorkerFigures(name, standings, seen.get(name), q["p50"], q["p99"], sick, lines.get(name))


def strays(now: datetime) -> int:
    """Requests of the last five minutes that reached no Worker."""
    found = recent([""], now).get("")
    return found.requests if found else 0


def readings() -> list[Reading]:
    """How far each edge's newest log was counted."""
    newest: dict[int, Reading] = {}
    for reading in Reading.objects.select_related("edge").order_by("edge__name", "applied_on"):
        newest[reading.edge_id] = reading
    return list(newest.values())


def _digests(names: list[str], now: datetime) -> dict[str, TDigest]:
    rows = Latency.objects.of_deployments().filter(
        span=Span.MINUTE, start__gte=first_minute(now - RECENT), worker__in=names
    )
    return merged(rows.values_list("worker", "sketch"))
