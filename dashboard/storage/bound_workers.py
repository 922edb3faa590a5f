"""The Workers that use a namespace: those with a version that is bound to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from routing.models import Deployment, StateBinding, StateNamespace, Worker


def workers_by_namespace(
    namespaces: Iterable[StateNamespace],
) -> Mapping[StateNamespace, tuple[str, ...]]:
    """Names of Workers, sorted. One query."""
    listed = list(namespaces)
    bound = StateBinding.objects.filter(reference__in=[row.key for row in listed]).order_by()
    rows = bound.values_list("kind", "reference", "version__worker__name").distinct()
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, reference, worker in rows:
        names[kind, reference].add(worker)
    return {row: tuple(sorted(names[row.kind, row.key])) for row in listed}


def workers_of(namespace: StateNamespace) -> tuple[str, ...]:
    return workers_by_namespace([namespace])[namespace]


def live_workers_of(namespace: StateNamespace) -> tuple[str, ...]:
    """Those whose deployment has such a version."""
    live = Deployment.objects.active(Worker.objects.all())
    rows = StateBinding.objects.filter(
        kind=namespace.kind, reference=namespace.key, version__shares__deployment__in=live
    )
    return tuple(sorted(set(rows.values_list("version__worker__name", flat=True))))
