"""Deleting a Worker, and who would miss it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from dashboard.api.auth import Caller
from dashboard.api.errors import REFERENCED, ApiError
from routing.deploy import delete_worker
from routing.models import Deployment, Worker


def remove_worker(caller: Caller, worker: Worker, *, force: bool) -> None:
    """Deletes `worker`; without `force` not while live versions of others bind it."""
    callers = sorted({name for name, _ in callers_of(worker)})
    if callers and not force:
        raise ApiError(
            409,
            (
                REFERENCED,
                f"{worker.name} is bound by {', '.join(callers)}. Deploy versions without that "
                "service binding first, or delete with force=true.",
            ),
        )
    delete_worker(worker=worker, author=caller.user, source=caller.source, now=timezone.now())


def callers_of(worker: Worker) -> Iterable[tuple[str, str]]:
    """(Worker, binding name) of each service binding to `worker` in an active deployment."""
    deployments = (
        Deployment.objects.active()
        .exclude(worker=worker)
        .select_related("worker")
        .prefetch_related("shares__version")
    )
    found: dict[tuple[str, str], Any] = {}
    for deployment in deployments:
        for share in deployment.shares.all():
            for row in share.version.bindings:
                if row["type"] == "service" and row.get("service") == worker.name:
                    found[deployment.worker.name, row["name"]] = None
    return list(found)
