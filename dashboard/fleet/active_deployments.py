"""Which deployment of each Worker is active, remembered between changes.

Looking it up takes an index one step for each Worker. Every change raises the revision and marks
its Worker with it, so that only Workers that changed since the last look are looked up again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from django.db.models import Subquery

from routing.models import Deployment, DesiredState, RemovedWorker, Worker


@dataclass
class _Cached:
    """`newest` is the deployment with the highest revision. If it is missing or different, the
    database was replaced and the cache is invalid."""

    revision: int = -1
    newest: UUID | None = None
    by_worker: dict[int, UUID] = field(default_factory=dict)


_cached = _Cached()
_lock = Lock()


def active_deployments() -> dict[int, UUID]:
    """Worker key → id of its active deployment. One query, and three more after a change.

    A copy. May briefly contain deleted Workers.
    """
    global _cached
    now = _newest()
    with _lock:
        cached = _cached
    if now != (cached.revision, cached.newest):
        cached = _refreshed(*now, cached)
        with _lock:
            _cached = cached
    return dict(cached.by_worker)


def forget() -> None:
    """Clears the cache; for tests that count queries."""
    global _cached
    _cached = _Cached()


def _newest() -> tuple[int, UUID | None]:
    """The revision, and the deployment with the highest one."""
    last = Deployment.objects.order_by("-revision").values("pk")[:1]
    rows = DesiredState.objects.annotate(newest=Subquery(last)).values_list("revision", "newest")
    return rows.first() or (0, last.values_list("pk", flat=True).first())


def _refreshed(revision: int, newest: UUID | None, cached: _Cached) -> _Cached:
    """Reads only Workers that changed after `cached`, if it is a past state of this database."""
    if not _follows(revision, cached):
        cached = _Cached()
    changed = Worker.objects.filter(changed_revision__gt=cached.revision)
    active = Deployment.objects.active(changed if cached.newest else None)
    current = dict(active.values_list("worker_id", "pk"))
    return _Cached(revision, newest, {**cached.by_worker, **current})


def _follows(revision: int, cached: _Cached) -> bool:
    """Whether `cached` is an earlier state of this database and no Worker was deleted since."""
    if cached.newest is None or revision <= cached.revision:
        return False
    if not Deployment.objects.filter(pk=cached.newest).exists():
        return False
    return not RemovedWorker.objects.filter(revision__gt=cached.revision).exists()
