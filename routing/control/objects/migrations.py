"""The migration of an upload: what it does to the namespaces of Durable Objects.

An upload is inspected before its transaction. So the plan is made before, with the keys of new
namespaces, and again inside, where it must be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet

from routing.control import audit, revision
from routing.control.objects import messages
from routing.control.objects.home import choose_edge
from routing.models import DeletedObjects, Deployment, ObjectBinding, ObjectNamespace, Worker
from routing.rules.object_migrations import (
    Classes,
    Migration,
    MigrationProblem,
    MigrationRefused,
    NamespaceClass,
    classes_after,
)
from routing.snapshot import Export, ObjectClass
from routing.upload_draft import UploadRefused

CLASS_KINDS = ("DurableObject", "function")
"""Kinds of exports that may implement objects; older classes extend nothing."""


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """The classes of a Worker before and after an upload, and the tag afterwards."""

    tag: str = ""
    before: Classes = field(default_factory=dict)
    after: Classes = field(default_factory=dict)

    @property
    def specs(self) -> tuple[ObjectClass, ...]:
        """Sorted by class name."""
        return tuple(
            ObjectClass(class_name=name, namespace=row.key, sqlite=row.sqlite)
            for name, row in sorted(self.after.items())
        )

    @property
    def deleted(self) -> list[str]:
        """Names of classes whose namespace ends."""
        keys = {row.key for row in self.after.values()}
        return [name for name, row in self.before.items() if row.key not in keys]

    @property
    def changes(self) -> bool:
        return self.before != self.after


def plan(
    worker: Worker | None, migration: Migration | None, new_key: Callable[[], str]
) -> ObjectPlan:
    """What `migration` would do now. Raises `UploadRefused`: `object_tag` or `object_class`."""
    before = _classes(worker)
    tag = worker.migration_tag if worker else ""
    if migration is None:
        return ObjectPlan(tag, before, before)
    try:
        after = classes_after(migration, tag, before, _elsewhere(worker, migration), new_key)
    except MigrationRefused as error:
        kind = "object_tag" if error.problem is MigrationProblem.tag else "object_class"
        message = messages.migration_refused(error.problem, error.subject)
        raise UploadRefused(kind, message) from error
    new_tag = tag if migration.new_tag is None else migration.new_tag
    return ObjectPlan(new_tag, before, after)


class RecordedKeys:
    """Keys of new namespaces: draws them, and after `rewind` gives the same ones again."""

    def __init__(self, draw: Callable[[], str]) -> None:
        self._draw = draw
        self._drawn: list[str] = []
        self._used = 0

    def __call__(self) -> str:
        if self._used == len(self._drawn):
            self._drawn.append(self._draw())
        self._used += 1
        return self._drawn[self._used - 1]

    def rewind(self) -> None:
        self._used = 0


def check_exports(made: ObjectPlan, exports: Sequence[Export]) -> None:
    """Raises `UploadRefused` for a class that the version does not export: `object_new_export` if
    the migration makes it, else `object_export`."""
    exported = {export.name for export in exports if export.kind in CLASS_KINDS}
    known = {row.key for row in made.before.values()}
    for name, row in made.after.items():
        if name in exported:
            continue
        if row.key in known and name in made.before:
            raise UploadRefused("object_export", messages.class_lost(name))
        raise UploadRefused("object_new_export", messages.class_not_exported(name))


def check_deleted(worker: Worker | None, made: ObjectPlan) -> None:
    """Refuses to delete a namespace that live versions of other Workers bind."""
    keys = {made.before[name].key: name for name in made.deleted}
    if not keys or worker is None:
        return
    bound = live_bindings(keys).exclude(version__worker=worker).first()
    if bound is not None:
        message = messages.deleted_class_is_bound(keys[bound.namespace], bound.version.worker.name)
        raise UploadRefused("object_binding", message, (bound.name,))


def live_bindings(keys: Iterable[str]) -> QuerySet[ObjectBinding]:
    """Bindings to these namespaces in active deployments."""
    bindings = ObjectBinding.objects.filter(namespace__in=list(keys))
    workers = Worker.objects.filter(versions__object_bindings__in=bindings)
    active = Deployment.objects.active(workers)
    rows = bindings.filter(version__shares__deployment__in=active)
    return rows.select_related("version__worker").order_by("version__worker__name", "name")


def apply_migration(
    worker: Worker,
    made: ObjectPlan,
    *,
    actor: AbstractBaseUser | None,
    source: str,
    now: datetime,
) -> None:
    """Writes the plan, with an entry in the audit trail; the caller holds `revision.lock()`."""
    if made.after and worker.objects_edge is None:
        worker.objects_edge = choose_edge(worker)
    worker.migration_tag = made.tag
    worker.save(update_fields=["migration_tag", "objects_edge"])
    if not made.changes:
        return
    _republish_users(worker, made)
    delete_namespaces([made.before[name].key for name in made.deleted], now)
    rows = {row.key: row for row in _rows(made)}
    # Two classes may swap names, and a name is unique.
    for row in rows.values():
        row.class_name = f" {row.key}"
    ObjectNamespace.objects.bulk_update(rows.values(), ["class_name"])
    for name, described in made.after.items():
        row = rows.get(described.key) or ObjectNamespace(key=described.key, created_at=now)
        row.worker, row.class_name, row.sqlite = worker, name, described.sqlite
        row.save()
    audit.record(
        "worker.objects",
        worker.name,
        actor=actor,
        source=source,
        now=now,
        before={name: row.key for name, row in made.before.items()},
        after={name: row.key for name, row in made.after.items()} | {"tag": made.tag},
    )


def delete_namespaces(keys: Iterable[str], now: datetime) -> None:
    """Deletes namespaces; edges then delete their objects."""
    keys = list(keys)
    ObjectNamespace.objects.filter(key__in=keys).delete()
    DeletedObjects.objects.bulk_create(DeletedObjects(key=key, deleted_at=now) for key in keys)


def _classes(worker: Worker | None) -> Classes:
    if worker is None:
        return {}
    rows = worker.object_namespaces.order_by("class_name")
    return {row.class_name: NamespaceClass(row.key, row.sqlite) for row in rows}


def _elsewhere(
    worker: Worker | None, migration: Migration
) -> dict[tuple[str, str], NamespaceClass]:
    wanted = Q(pk=None)
    for transfer in migration.transfers:
        wanted |= Q(worker__name=transfer.worker, class_name=transfer.source)
    rows = ObjectNamespace.objects.filter(wanted).select_related("worker")
    return {
        (row.worker.name, row.class_name): NamespaceClass(row.key, row.sqlite)
        for row in rows
        if worker is None or row.worker_id != worker.pk
    }


def _rows(made: ObjectPlan) -> list[ObjectNamespace]:
    keys = [row.key for row in made.after.values()]
    return list(ObjectNamespace.objects.select_related("worker").filter(key__in=keys))


def _republish_users(worker: Worker, made: ObjectPlan) -> None:
    """Edges get the other Workers that bind or had these namespaces again."""
    keys = [row.key for row in (*made.before.values(), *made.after.values())]
    users = {row.version.worker for row in live_bindings(keys)}
    users |= {row.worker for row in _rows(made)}
    for user in sorted(users - {worker}, key=lambda user: user.name):
        revision.advance(user)
