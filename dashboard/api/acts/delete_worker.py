"""Delete a Worker."""

from __future__ import annotations

from django.utils import timezone

from dashboard.api import messages
from dashboard.api.http.auth import Caller
from dashboard.api.http.errors import REFERENCED, ApiError
from dashboard.reviews import gate
from dashboard.storage.objects.worker_objects import worker_objects
from routing.control.callers import callers_of
from routing.models import Worker


def delete_worker(caller: Caller, worker: Worker, *, force: bool) -> None:
    """Deletes `worker`. Without `force`, refused while live versions of other Workers bind it, or
    if it has Durable Objects."""
    callers = sorted({call.caller for call in callers_of(worker)})
    if callers and not force:
        raise ApiError(
            409,
            (
                REFERENCED,
                messages.worker_is_bound(worker.name, callers),
            ),
        )
    if not force:
        _check_objects(worker)
    gate.delete_worker(
        worker=worker,
        by_token=True,
        author=caller.user,
        source=caller.source,
        now=timezone.now(),
    )


def _check_objects(worker: Worker) -> None:
    objects = worker_objects(worker)
    if objects.users:
        message = messages.objects_are_bound(worker.name, objects.users)
        raise ApiError(409, (REFERENCED, message))
    if objects.classes:
        raise ApiError(409, (REFERENCED, messages.has_objects(worker.name, objects.classes)))
