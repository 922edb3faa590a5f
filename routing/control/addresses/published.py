"""What edges get of addresses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import QuerySet

from routing.models import CustomDomain, Worker, WorkerRoute


@dataclass(frozen=True, slots=True)
class PublishedAddresses:
    """Of one Worker, sorted."""

    routes: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)


def addresses_of(workers: QuerySet[Worker]) -> dict[int, PublishedAddresses]:
    """By the Worker's key; those without any are missing. Two queries."""
    found: defaultdict[int, PublishedAddresses] = defaultdict(PublishedAddresses)
    routes = WorkerRoute.objects.filter(worker__in=workers.order_by())
    for worker_id, pattern in routes.order_by("pattern").values_list("worker_id", "pattern"):
        if worker_id is not None:
            found[worker_id].routes.append(pattern)
    domains = CustomDomain.objects.filter(worker__in=workers.order_by()).order_by("hostname")
    for worker_id, host in domains.values_list("worker_id", "hostname"):
        found[worker_id].domains.append(host)
    return found


def disabled_routes() -> tuple[str, ...]:
    """Patterns without a Worker."""
    rows = WorkerRoute.objects.filter(worker=None).order_by("pattern")
    return tuple(rows.values_list("pattern", flat=True))
