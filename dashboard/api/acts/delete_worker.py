"""Deleting a Worker, and who would miss it."""

from __future__ import annotations

from django.utils import timezone

from dashboard.api.http.auth import Caller
from dashboard.api.http.errors import REFERENCED, ApiError
from dashboard.reviews import gate
from routing.control.callers import callers_of
from routing.models import Worker


def delete_worker(caller: Caller, worker: Worker, *, force: bool) -> None:
    """Deletes `worker`; without `force` not while live versions of others bind it."""
    callers = sorted({call.caller for call in callers_of(worker)})
    if callers and not force:
        raise ApiError(
            409,
            (
                REFERENCED,
                f"{worker.name} is bound by {', '.join(callers)}. Deploy versions without that "
                "service binding first, or delete with force=true.",
            ),
        )
    gate.delete_worker(
        worker=worker,
        by_token=True,
        author=caller.user,
        source=caller.source,
        now=timezone.now(),
    )
