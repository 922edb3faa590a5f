"""Settings of a Worker that are not versioned, among them its Tail Workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing.control import audit, messages, revision
from routing.models import Deployment, Version, Worker
from routing.upload_draft import UploadRefused

TAIL_CONSUMERS = "tail_consumers"
MOST_CONSUMERS = 10


def change_settings(
    worker: Worker,
    changes: Mapping[str, Any],
    *,
    author: AbstractBaseUser | None,
    source: str,
    now: datetime,
) -> Worker:
    """Merges `changes` into the Worker's settings, with an audit entry. Edges learn of other Tail
    Workers at once. Raises `UploadRefused`."""
    check_consumers(worker.name, changes)
    with transaction.atomic():
        revision.lock()
        locked = Worker.objects.select_for_update().get(pk=worker.pk)
        before, locked.settings = locked.settings, {**locked.settings, **changes}
        if locked.settings == before:
            return locked
        locked.save(update_fields=["settings"])
        if consumers(before) != consumers(locked.settings) and locked.deployments.exists():
            revision.advance(locked)
        audit.record(
            "worker.settings",
            locked.name,
            actor=author,
            source=source,
            now=now,
            before=before,
            after=locked.settings,
        )
    return locked


def consumers(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the Workers that get the events."""
    return tuple(str(row["service"]) for row in settings.get(TAIL_CONSUMERS, ()))


def producers_of(worker_name: str) -> list[str]:
    """Workers whose events it gets. One query, over Workers that have any settings."""
    rows = Worker.objects.exclude(settings={}).order_by("name").values_list("name", "settings")
    return [name for name, settings in rows if worker_name in consumers(settings)]


def check_consumers(worker_name: str, changes: Mapping[str, Any]) -> None:
    """Raises `UploadRefused` unless each is another Worker with a `tail` handler in its newest
    version or a live one."""
    names = consumers(changes)
    if not names:
        return
    if len(names) > MOST_CONSUMERS:
        raise UploadRefused("tail_consumer", messages.too_many_consumers(MOST_CONSUMERS))
    if worker_name in names:
        raise UploadRefused("tail_consumer", messages.own_consumer(worker_name))
    existing = set(Worker.objects.filter(name__in=names).values_list("name", flat=True))
    if missing := [name for name in names if name not in existing]:
        raise UploadRefused("tail_consumer", messages.no_consumer(missing[0]))
    able = tail_workers(names)
    if unable := [name for name in names if name not in able]:
        raise UploadRefused("tail_consumer", messages.no_tail_handler(unable[0]))


def tail_workers(names: Sequence[str] | None = None) -> set[str]:
    """Those of the Workers (default: all) with a `tail` handler. Two queries."""
    workers = Worker.objects.all() if names is None else Worker.objects.filter(name__in=names)
    live = Deployment.objects.active(workers).values_list("shares__version", flat=True)
    versions = Version.objects.filter(worker__in=workers)
    fields = ("worker__name", "exports")
    rows = [*versions.latest_of_each().values_list(*fields)]
    rows += versions.filter(pk__in=live).values_list(*fields)
    return {name for name, exports in rows if _has_tail(exports)}


def _has_tail(exports: Iterable[Mapping[str, Any]]) -> bool:
    return any(e["name"] == "default" and "tail" in e.get("handlers", ()) for e in exports)
