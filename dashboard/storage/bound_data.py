"""The data that a version is bound to: it stays as it is when the version changes."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.storage.kinds import KINDS
from dashboard.storage.messages import DURABLE_OBJECTS
from routing.compile.workerd.binding_types import stored_secrets
from routing.compile.workerd.binding_types.state import STATE_BINDINGS
from routing.models import ObjectNamespace, StateNamespace, StoredSecret, Version
from routing.models.object_namespaces import BINDING as OBJECT_BINDING


@dataclass(frozen=True, slots=True)
class BoundData:
    """`title` is the namespace's, or its id if it `is_deleted`; of Durable Objects, the class."""

    binding: str
    kind: str
    title: str
    is_deleted: bool


def bound_data(version: Version) -> tuple[BoundData, ...]:
    """Namespaces, then secrets and Durable Objects, in the order of the version's bindings. A query
    for each, none without such bindings."""
    return (*_bound_namespaces(version), *_bound_secrets(version), *_bound_objects(version))


def _bound_secrets(version: Version) -> tuple[BoundData, ...]:
    bound = [
        (row["name"], row["store_id"], row["secret_name"])
        for row in version.bindings
        if row["type"] == stored_secrets.TYPE
    ]
    if not bound:
        return ()
    rows = StoredSecret.objects.filter(store__key__in={store for _, store, _ in bound})
    existing = set(rows.values_list("store__key", "name"))
    return tuple(
        BoundData(binding, "Secret", name, is_deleted=(store, name) not in existing)
        for binding, store, name in bound
    )


def _bound_namespaces(version: Version) -> tuple[BoundData, ...]:
    bound = [
        (row["name"], STATE_BINDINGS[row["type"]].kind, row[STATE_BINDINGS[row["type"]].option])
        for row in version.bindings
        if row["type"] in STATE_BINDINGS
    ]
    if not bound:
        return ()
    rows = StateNamespace.objects.filter(key__in={reference for _, _, reference in bound})
    titles = {(kind, key): title for kind, key, title in rows.values_list("kind", "key", "title")}
    return tuple(
        BoundData(
            name,
            KINDS[kind].name,
            titles.get((kind, key), key),
            is_deleted=(kind, key) not in titles,
        )
        for name, kind, key in bound
    )


def _bound_objects(version: Version) -> tuple[BoundData, ...]:
    bound = [row for row in version.bindings if row["type"] == OBJECT_BINDING]
    if not bound:
        return ()
    keys = [row["namespace_id"] for row in bound]
    existing = set(ObjectNamespace.objects.filter(key__in=keys).values_list("key", flat=True))
    return tuple(
        BoundData(
            row["name"],
            DURABLE_OBJECTS,
            row["class_name"],
            is_deleted=row["namespace_id"] not in existing,
        )
        for row in bound
    )
