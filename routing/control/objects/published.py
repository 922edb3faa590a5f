"""What edges get of Durable Objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q, QuerySet

from routing.models import (
    DeletedObjects,
    Deployment,
    ObjectBinding,
    ObjectNamespace,
    Version,
    Worker,
)
from routing.models.object_namespaces import BINDING
from routing.snapshot import BindingSpec, ObjectClass


@dataclass(frozen=True, slots=True)
class PublishedObjects:
    """The namespaces of some Workers, and those that their versions bind, by key."""

    by_worker: dict[int, list[ObjectNamespace]] = field(default_factory=dict)
    by_key: dict[str, ObjectNamespace] = field(default_factory=dict)

    def classes_of(self, worker_id: int) -> tuple[ObjectClass, ...]:
        """Sorted by class name."""
        return object_classes(self.by_worker.get(worker_id, ()))

    def bound(self, binding: BindingSpec, worker_id: int) -> BindingSpec:
        """The binding with the class and the Worker that have the namespace now. One to a deleted
        namespace is returned unchanged."""
        if binding.type != BINDING:
            return binding
        namespace = self.by_key.get(str(binding.options.get("namespace_id")))
        if namespace is None:
            return binding
        return replace(binding, options=binding_options(namespace, worker_id))


def object_classes(namespaces: Iterable[ObjectNamespace]) -> tuple[ObjectClass, ...]:
    """Sorted by class name."""
    rows = sorted(namespaces, key=lambda row: row.class_name)
    return tuple(
        ObjectClass(class_name=row.class_name, namespace=row.key, sqlite=row.sqlite) for row in rows
    )


def binding_options(namespace: ObjectNamespace, worker_id: int | None) -> dict[str, Any]:
    """A binding of that Worker to `namespace`. `script_name` is another Worker's."""
    options = {"class_name": namespace.class_name, "namespace_id": namespace.key}
    if namespace.worker_id != worker_id:
        options["script_name"] = namespace.worker.name
    return options


def objects_of(workers: QuerySet[Worker]) -> PublishedObjects:
    """Of Workers and their active deployments. One query."""
    workers = workers.order_by()
    active = Deployment.objects.active(workers).values("pk")
    return _objects(workers, ObjectBinding.objects.filter(version__shares__deployment__in=active))


def objects_of_version(version: Version) -> PublishedObjects:
    """Of one version, deployed or not. One query."""
    workers = Worker.objects.filter(pk=version.worker_id)
    return _objects(workers, ObjectBinding.objects.filter(version=version))


def _objects(workers: QuerySet[Worker], bindings: QuerySet[ObjectBinding]) -> PublishedObjects:
    rows = ObjectNamespace.objects.filter(
        Q(worker__in=workers) | Q(key__in=bindings.values("namespace"))
    )
    by_worker: defaultdict[int, list[ObjectNamespace]] = defaultdict(list)
    by_key = {}
    for row in rows.select_related("worker"):
        by_worker[row.worker_id].append(row)
        by_key[row.key] = row
    return PublishedObjects(dict(by_worker), by_key)


def deleted_objects() -> tuple[str, ...]:
    """Keys of all deleted namespaces."""
    return tuple(DeletedObjects.objects.order_by("key").values_list("key", flat=True))
