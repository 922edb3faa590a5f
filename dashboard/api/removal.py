"""Deleting a Worker, and who would miss it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils import timezone

from dashboard.api.auth import Caller
from dashboard.api.errors import REFERENCED, ApiError
from routing.deploy import delete_worker
from routing.models import Deployment, Worker


class Call(NamedTuple):
    """A Worker that may call another, and by which binding."""

    caller: str
    tag: str
    binding: str


def remove_worker(caller: Caller, worker: Worker, *, force: bool) -> None:
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
    delete_worker(worker=worker, author=caller.user, source=caller.source, now=timezone.now())


def callers_of(worker: Worker) -> list[Call]:
    """The service bindings to `worker` of others' active deployments."""
    return all_callers().get(worker.name, [])


def all_callers() -> dict[str, list[Call]]:
    """Every service binding of an active deployment, under the Worker it leads to."""
    deployments = Deployment.objects.active().select_related("worker").order_by("worker__name")
    found: dict[str, dict[Call, None]] = {}
    for deployment in deployments.prefetch_related("shares__version"):
        caller = deployment.worker
        for share in deployment.shares.all():
            for row in share.version.bindings:
                if row["type"] == "service" and row["service"] != caller.name:
                    call = Call(caller.name, caller.tag, row["name"])
                    found.setdefault(row["service"], {})[call] = None
    return {name: list(calls) for name, calls in found.items()}
