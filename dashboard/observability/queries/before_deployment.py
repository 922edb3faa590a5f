"""How a Worker did right before a deployment, so that one sees whether a roll back helped.

Those minutes are past: what they came to is remembered by deployment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from dashboard.fleet.bounded_cache import BoundedCache
from dashboard.observability.ingest.retention import retention_days
from dashboard.observability.models import Count, Span
from dashboard.observability.queries.statistics import Observed
from dashboard.observability.queries.traffic import RECENT, Recent, observed

SETTLED = timedelta(minutes=10)
"""Until so long after a deployment, a late batch of an edge may add to the minutes before it."""
MOST = 4096
"""Deployments that are remembered."""
AT_ONCE = 500
"""Deployments of one query: each may be a term of it, and SQLite refuses a thousand."""

_known: BoundedCache[UUID, Observed] = BoundedCache(MOST)


class Active(NamedTuple):
    """An active deployment: of which Worker, which one, since when."""

    worker: str
    id: UUID
    created_on: datetime


def compared(traffic: Mapping[str, Recent], active: Iterable[Active]) -> dict[str, Recent]:
    """The same traffic by Worker, with the rate before its deployment for each that is `active`."""
    rates = rates_before(active).items()
    return {**traffic} | {n: replace(traffic[n], before=r) for n, r in rates if n in traffic}


def rates_before(active: Iterable[Active], now: datetime | None = None) -> dict[str, float]:
    """Error rates of Workers in the five whole minutes before their active deployments, in percent
    by name: one query for those not cached. A Worker with too few requests then, or with expired
    minutes, is missing."""
    now = now or timezone.now()
    oldest = now - timedelta(days=retention_days(Span.MINUTE)) + RECENT + timedelta(minutes=1)
    asked = [d for d in active if d.created_on > oldest]
    found = _known.get_many(d.id for d in asked)
    found |= _learn([d for d in asked if d.id not in found], now)
    return {d.worker: found[d.id].error_rate or 0.0 for d in asked if found[d.id].enough}


def forget() -> None:
    """As if this process had just started: for tests that count queries."""
    _known.clear()


def _learn(deployments: Sequence[Active], now: datetime) -> dict[UUID, Observed]:
    found: dict[UUID, Observed] = {}
    for first in range(0, len(deployments), AT_ONCE):
        found |= _read(deployments[first : first + AT_ONCE])
    _known.update({d.id: found[d.id] for d in deployments if d.created_on < now - SETTLED})
    return found


def _read(deployments: Sequence[Active]) -> dict[UUID, Observed]:
    rows = (
        Count.objects.of_deployments()
        .filter(_minutes_before(deployments), span=Span.MINUTE)
        .values_list("worker", "error")
        .annotate(n=Sum("requests"))
        .order_by()
    )
    by_error: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for worker, error, requests in rows:
        by_error[worker][error] = requests
    return {d.id: observed(by_error[d.worker], 0, None) for d in deployments}


def _minutes_before(deployments: Sequence[Active]) -> Q:
    """A term for each minute in which some were made: few, while they are not remembered yet."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for d in deployments:
        names[int(d.created_on.timestamp()) // Span.MINUTE * Span.MINUTE].append(d.worker)
    terms = [
        Q(worker__in=made, start__gte=minute - RECENT.seconds, start__lt=minute)
        for minute, made in names.items()
    ]
    return Q(*terms, _connector=Q.OR)
