"""Deleting a Worker, and who would miss it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils import timezone

from dashboard.api.auth import Caller
from dashboard.api.errors import REFERENCED, ApiError
from dashboard.reviews import gate
from routing.batches import SIZE, batches
from routing.models import Deployment, ServiceBinding, Worker


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
    gate.delete_worker(worker=worker, author=caller.user, source=caller.source, now=timezone.now())


def callers_of(worker: Worker) -> list[Call]:
    """The service bindings to `worker` of others' active deployments."""
    return callers_of_all([worker])[worker.name]


def callers_of_all(workers: Sequence[Worker]) -> dict[str, list[Call]]:
    """The same for several, by name: one query for each 250."""
    found: dict[str, dict[Call, None]] = {worker.name: {} for worker in workers}
    for names in batches(found, SIZE // 2):  # each name is in the statement twice
        bindings = ServiceBinding.objects.filter(service__in=names)
        callers = Worker.objects.filter(versions__service_bindings__in=bindings)
        live = bindings.filter(version__shares__deployment__in=Deployment.objects.active(callers))
        columns = ("version__worker__name", "version__worker__tag", "name", "service")
        for caller, tag, binding, service in live.order_by(*columns).values_list(*columns):
            if caller != service:
                found[service][Call(caller, tag, binding)] = None
    return {name: list(calls) for name, calls in found.items()}
