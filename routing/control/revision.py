"""The counter of the desired state: raised inside a transaction, announced after its commit."""

from __future__ import annotations

from django.db.models import F

from routing.control.signals import desired_state_changed
from routing.models import DesiredState, RemovedWorker, Worker
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
    return revision


def advance_removed(name: str) -> int:
    """Raises the revision for the removal of the Worker `name`; the caller holds `lock()`."""
    revision = _next(name)
    RemovedWorker.objects.update_or_create(name=name, defaults={"revision": revision})
    return revision


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
