"""The one edge that has a Worker's Durable Objects: their data is on its disk.

It is chosen at the first migration, the oldest edge that runs the Worker, and stays until a person
chooses another one. The data has to be copied there first.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing.control import audit, revision
from routing.models import Edge, Worker


def choose_edge(worker: Worker) -> Edge | None:
    """The oldest edge that runs the Worker; None if there is none yet."""
    edges = Edge.objects.order_by("pk")
    return next((edge for edge in edges if worker.runs_in(edge.group)), None)


def home_of(worker: Worker) -> Edge | None:
    """The edge that has its objects. Use `select_related("objects_edge")`."""
    return worker.objects_edge or choose_edge(worker)


def workers_at(edge: Edge) -> list[Worker]:
    """Workers whose objects `edge` has, by name. One query for each that had no edge at its first
    migration, and one more."""
    workers = Worker.objects.filter(object_namespaces__isnull=False).distinct()
    listed = workers.select_related("objects_edge").order_by("name")
    return [worker for worker in listed if home_of(worker) == edge]


def edge_names(worker: Worker) -> tuple[str, ...]:
    """Names of the edge, for a snapshot. One that was renamed has two until its agent starts again.
    Use `select_related("objects_edge")`."""
    edge = home_of(worker)
    return tuple(dict.fromkeys((edge.name, edge.reported_name))) if edge else ()


def set_edge(
    worker: Worker,
    edge: Edge,
    *,
    actor: AbstractBaseUser | None,
    source: str,
    now: datetime,
) -> None:
    """From now on `edge` runs the Worker's objects, with the data that is there."""
    with transaction.atomic():
        revision.lock()
        before = worker.objects_edge
        worker.objects_edge = edge
        worker.save(update_fields=["objects_edge"])
        revision.advance(worker)
        audit.record(
            "worker.objects_edge",
            worker.name,
            actor=actor,
            source=source,
            now=now,
            before={"edge": before.name if before else ""},
            after={"edge": edge.name},
        )


def publish_again(edge: Edge) -> None:
    """Gives edges the Workers whose objects `edge` has again: it has another name."""
    workers = Worker.objects.filter(objects_edge=edge)
    if workers.exists():
        revision.lock()
        for worker in workers:
            revision.advance(worker)
