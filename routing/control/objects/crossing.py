"""Versions from before the last migration of a Worker's Durable Objects.

Cloudflare refuses to deploy them: their code does not have the classes that the objects have now.
"""

from __future__ import annotations

from collections.abc import Iterable

from routing.models import Version, Worker

Classes = frozenset[tuple[str, str]]


def current_classes(worker: Worker) -> Classes:
    """Class name and namespace of each class. One query."""
    return frozenset(worker.object_namespaces.order_by().values_list("class_name", "key"))


def is_before_migration(version: Version, worker: Worker, current: Classes) -> bool:
    """Whether a migration came after `version`. A transfer to another Worker is none of this one.

    `current` are the `current_classes` of `worker`.
    """
    had = {(spec.class_name, spec.namespace) for spec in version.object_specs}
    return (version.migration_tag or "") != worker.migration_tag or not current <= had


def versions_before_migration(worker: Worker, versions: Iterable[Version]) -> list[Version]:
    """Those of `versions` that cannot be deployed any more. One query."""
    current = current_classes(worker)
    return [version for version in versions if is_before_migration(version, worker, current)]
