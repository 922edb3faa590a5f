"""What the list of namespaces shows, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.storage.bound_data import NAMES
from routing.models import StateBinding, StateNamespace

PAGES: Mapping[str, str] = {
    "kv": "storage:kv",
    "d1": "storage:d1",
    "r2": "storage:r2",
    "queue": "storage:queue",
}
"""Kind → the page of one namespace. A kind without a page is listed without a link."""
CREATED_HERE: Mapping[str, str] = {
    "kv": "KV namespace",
    "d1": "D1 database",
    "r2": "R2 bucket",
    "queue": "Queue",
}
"""Kinds that the form creates, with their names."""
RENAMED = ("kv",)
"""Kinds whose bindings name an id, so that a new title changes nothing else."""


@dataclass(frozen=True, slots=True)
class NamespaceRow:
    """`workers` have a version that uses it; `url` is "" without a page."""

    namespace: StateNamespace
    kind: str
    workers: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class NewNamespace:
    """What was typed, and why it was rejected."""

    title: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StoragePage:
    rows: tuple[NamespaceRow, ...]
    kinds: Mapping[str, str]
    can: Permission
    form: NewNamespace


def storage_page(user: User, form: NewNamespace | None = None) -> StoragePage:
    namespaces = list(StateNamespace.objects.order_by("kind", "title"))
    workers = workers_by_reference(namespaces)
    return StoragePage(
        rows=tuple(
            NamespaceRow(row, NAMES.get(row.kind, row.kind), workers[_reference(row)], url_of(row))
            for row in namespaces
        ),
        kinds=CREATED_HERE,
        can=permission(user, Role.OPERATOR),
        form=form or NewNamespace(),
    )


def url_of(namespace: StateNamespace) -> str:
    page = PAGES.get(namespace.kind)
    return reverse(page, args=[namespace.key]) if page else ""


def workers_by_reference(
    namespaces: Iterable[StateNamespace],
) -> defaultdict[tuple[str, str], tuple[str, ...]]:
    """Names of Workers by (kind, reference), sorted. One query."""
    references = [reference for _, reference in map(_reference, namespaces)]
    bound = StateBinding.objects.filter(reference__in=references).order_by()
    rows = bound.values_list("kind", "reference", "version__worker__name").distinct()
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, reference, worker in rows:
        names[kind, reference].add(worker)
    sorted_names: defaultdict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    sorted_names.update({pair: tuple(sorted(workers)) for pair, workers in names.items()})
    return sorted_names


def workers_of(namespace: StateNamespace) -> tuple[str, ...]:
    return workers_by_reference([namespace])[_reference(namespace)]


def _reference(namespace: StateNamespace) -> tuple[str, str]:
    """How bindings name it: queues by title, all others by key."""
    is_queue = namespace.kind == "queue"
    return namespace.kind, namespace.title if is_queue else namespace.key
