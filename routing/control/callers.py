"""Which Workers call which, by the service bindings of active deployments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from routing.models import Deployment, ServiceBinding, Worker
from routing.transactions.batches import SIZE, batches


class Call(NamedTuple):
    """`caller` may call another Worker by `binding`. `tag` is the caller's."""

    caller: str
    tag: str
    binding: str


def callers_of(worker: Worker) -> list[Call]:
    """Service bindings to `worker` in the active deployments of other Workers."""
    return callers_of_all([worker])[worker.name]


def callers_of_all(workers: Sequence[Worker]) -> dict[str, list[Call]]:
    """The same for several Workers, by name. One query per 250."""
    calls_of: dict[str, dict[Call, None]] = {worker.name: {} for worker in workers}
    for names in batches(calls_of, SIZE // 2):  # each name is in the statement twice
        bindings = ServiceBinding.objects.filter(service__in=names)
        callers = Worker.objects.filter(versions__service_bindings__in=bindings)
        live = bindings.filter(version__shares__deployment__in=Deployment.objects.active(callers))
        columns = ("version__worker__name", "version__worker__tag", "name", "service")
        for caller, tag, binding, service in live.order_by(*columns).values_list(*columns):
            if caller != service:
                calls_of[service][Call(caller, tag, binding)] = None
    return {name: list(calls) for name, calls in calls_of.items()}
