"""The Workers that use a namespace: those with a version that is bound to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from routing.models import StateBinding, StateNamespace


def workers_by_namespace(
    namespaces: Iterable[StateNamespace],
) -> Mapping[StateNamespace, tuple[str, ...]]:
    """Names of Workers, sorted. One query."""
    by_reference = {_reference(namespace): namespace for namespace in namespaces}
    references = [reference for _, reference in by_reference]
    bound = StateBinding.objects.filter(reference__in=references).order_by()
    rows = bound.values_list("kind", "reference", "version__worker__name").distinct()
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, reference, worker in rows:
        names[kind, reference].add(worker)
    return {namespace: tuple(sorted(names[at])) for at, namespace in by_reference.items()}


def workers_of(namespace: StateNamespace) -> tuple[str, ...]:
    return workers_by_namespace([namespace])[namespace]


def _reference(namespace: StateNamespace) -> tuple[str, str]:
    """How bindings name it: queues by title, all others by key."""
    is_queue = namespace.kind == "queue"
    return namespace.kind, namespace.title if is_queue else namespace.key
