"""What the list of namespaces shows, in a constant number of queries, and what each page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.storage.bound_workers import workers_by_namespace, workers_of
from dashboard.storage.kinds import KINDS, Kind
from routing.models import StateNamespace


@dataclass(frozen=True, slots=True)
class NamespaceRow:
    """`workers` have a version that uses it."""

    namespace: StateNamespace
    kind: Kind
    workers: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class NewNamespace:
    """What was typed, and why it was rejected."""

    kind: str = "kv"
    title: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StoragePage:
    rows: tuple[NamespaceRow, ...]
    kinds: Mapping[str, Kind]
    can: Permission
    form: NewNamespace


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespacePage:
    """The page of one namespace, whatever its kind. `problem` is why its data cannot be shown, or
    empty."""

    namespace: StateNamespace
    kind: Kind
    workers: tuple[str, ...]
    can: Permission
    can_delete: Permission
    problem: str = ""


def shared(namespace: StateNamespace, user: User) -> dict[str, Any]:
    """The fields of `NamespacePage` but `problem`."""
    return {
        "namespace": namespace,
        "kind": KINDS[namespace.kind],
        "workers": workers_of(namespace),
        "can": permission(user, Role.OPERATOR),
        "can_delete": permission(user, Role.ADMIN),
    }


def storage_page(user: User, form: NewNamespace | None = None) -> StoragePage:
    namespaces = list(StateNamespace.objects.order_by("kind", "title"))
    workers = workers_by_namespace(namespaces)
    return StoragePage(
        rows=tuple(
            NamespaceRow(row, KINDS[row.kind], workers[row], url_of(row)) for row in namespaces
        ),
        kinds={name: kind for name, kind in KINDS.items() if not kind.created_by_upload},
        can=permission(user, Role.OPERATOR),
        form=form or NewNamespace(),
    )


def url_of(namespace: StateNamespace) -> str:
    """Its page."""
    return reverse(f"storage:{namespace.kind}", args=[namespace.key])
