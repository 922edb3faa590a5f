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
class _Known:
    """`newest` is the deployment with the highest revision: where it is gone or another one, the
    database was replaced, and nothing that was known counts."""

    revision: int = -1
    newest: UUID | None = None
    by_worker: dict[int, UUID] = field(default_factory=dict)


_known = _Known()
_lock = Lock()


def active_deployments() -> dict[int, UUID]:
    """The active deployment's id by the Worker's key: one query, and three more after a change.

    The answer belongs to the caller. Workers that are gone may be in it for a moment.
    """
    global _known
    now = _newest()
    with _lock:
        known = _known
    if now != (known.revision, known.newest):
        known = _read(*now, known)
        with _lock:
            _known = known
    return dict(known.by_worker)


def forget() -> None:
    """As if this process had just started: for tests that count queries."""
    global _known
    _known = _Known()


def _newest() -> tuple[int, UUID | None]:
    """The revision, and the deployment with the highest one."""
    last = Deployment.objects.order_by("-revision").values("pk")[:1]
    rows = DesiredState.objects.annotate(newest=Subquery(last)).values_list("revision", "newest")
    return rows.first() or (0, last.values_list("pk", flat=True).first())


def _read(revision: int, newest: UUID | None, known: _Known) -> _Known:
    """Only what changed after `known`, where that is a state this database was in."""
    if not _follows(revision, known):
        known = _Known()
    changed = Worker.objects.filter(changed_revision__gt=known.revision)
    active = Deployment.objects.active(changed if known.newest else None)
    found = dict(active.values_list("worker_id", "pk"))
    return _Known(revision, newest, {**known.by_worker, **found})


def _follows(revision: int, known: _Known) -> bool:
    """Whether the known state is an earlier one of this database, with the same Workers."""
    if known.newest is None or revision <= known.revision:
        return False
    if not Deployment.objects.filter(pk=known.newest).exists():
        return False
    return not RemovedWorker.objects.filter(revision__gt=known.revision).exists()
