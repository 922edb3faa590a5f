"""The counter of the desired state: raised inside a transaction, announced after its commit."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F

from routing.control.signals import desired_state_changed
from routing.models import DesiredState, GroupExit, RemovedWorker, Worker
from routing.transactions.after_commit import send_after_commit


def current() -> int:
    """The newest revision; 0 before anything was deployed."""
    return DesiredState.objects.values_list("revision", flat=True).first() or 0


def lock() -> None:
    """Makes everybody who changes the desired state wait for this transaction."""
    DesiredState.objects.get_or_create(id=1)
    DesiredState.objects.select_for_update().get(id=1)


def advance(worker: Worker) -> int:
    """Raises the revision for a change of `worker`; the caller holds `lock()`."""
    revision = _next(worker.name)
    Worker.objects.filter(pk=worker.pk).update(changed_revision=revision)
    worker.changed_revision = revision
    RemovedWorker.objects.filter(name=worker.name).delete()
    runs_again = {"group__in": worker.groups} if worker.groups else {}
    GroupExit.objects.filter(name=worker.name, **runs_again).delete()
    return revision


def advance_removed(worker: Worker) -> int:
    """Raises the revision for the removal of `worker`; the caller holds `lock()`."""
    revision = _next(worker.name)
    defaults = {"revision": revision, "everywhere": not worker.groups}
    RemovedWorker.objects.update_or_create(name=worker.name, defaults=defaults)
    leave_groups(worker.name, worker.groups, revision)
    return revision


def leave_groups(name: str, groups: Iterable[str], revision: int) -> None:
    """Makes the edges of `groups` drop the Worker `name` with `revision`."""
    for group in groups:
        GroupExit.objects.update_or_create(group=group, name=name, defaults={"revision": revision})


def advance_without_worker() -> int:
    """Raises the revision for a change that concerns no Worker; the caller holds `lock()`."""
    return _next("")


def advance_edge() -> int:
    """Raises the revision for a change of an edge's group; the caller holds `lock()`."""
    return _next("")


def _next(worker_name: str) -> int:
    DesiredState.objects.filter(id=1).update(revision=F("revision") + 1)
    revision = current()
    send_after_commit(
        desired_state_changed,
        DesiredState,
        "announce revision",
        revision=revision,
        worker=worker_name,
    )
    return revision
