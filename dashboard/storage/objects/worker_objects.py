"""The Durable Objects of one Worker, and who else uses them."""

from __future__ import annotations

from dataclasses import dataclass

from routing.control.objects.migrations import live_bindings
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class WorkerObjects:
    """`users`: other Workers whose live versions bind them, sorted."""

    classes: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


def worker_objects(worker: Worker) -> WorkerObjects:
    """At most two queries."""
    names = dict(worker.object_namespaces.values_list("key", "class_name"))
    if not names:
        return WorkerObjects()
    bound = live_bindings(names).exclude(version__worker=worker)
    users = sorted({row.version.worker.name for row in bound})
    return WorkerObjects(tuple(names.values()), tuple(users))
