"""All Workers at once: the last five minutes of each, and how far each edge was counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastdigest import TDigest

from dashboard.observability.figures import quantiles
from dashboard.observability.health import Health, health
from dashboard.observability.models import Latency, Reading, Span
from dashboard.observability.traffic import RECENT, Recent, first_minute, merged, recent
from dashboard.ui.standing import Standing, of, with_standings
from routing.models import Deployment, Worker


@dataclass(frozen=True, slots=True)
class Row:
    """One Worker; `sick` are its live versions that are not well."""

    worker: Worker
    standings: list[Standing]
    recent: Recent | None
    p50: float | None
    p99: float | None
    sick: list[tuple[Standing, Health]]


def rows(now: datetime) -> list[Row]:
    """The busiest first, those with a sick version before all; a constant number of queries."""
    workers = list(Worker.objects.all())
    active = {d.worker_id: of(d) for d in with_standings(Deployment.objects.active())}
    names = [worker.name for worker in workers]
    seen, digests = recent(names, now), _digests(names, now)
    wells = health(s.version.id for standings in active.values() for s in standings)
    found = []
    for worker in workers:
        standings = active.get(worker.pk, [])
        ill = [(s, h) for s in standings if not (h := wells[str(s.version.id)]).ok]
        q = quantiles(digests.get(worker.name))
        found.append(Row(worker, standings, seen.get(worker.name), q["p50"], q["p99"], ill))
    return sorted(found, key=_attention)


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


def _attention(row: Row) -> tuple[bool, float, str]:
    return (not row.sick, -(row.recent.requests if row.recent else 0), row.worker.name)
