"""What the page of Durable Objects shows, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.fleet.deployment_cache import roles_of_deployments
from dashboard.fleet.version_roles import Standing
from dashboard.storage.objects.reported import ReportedObjects, reported_objects
from routing.control.objects.migrations import live_bindings
from routing.models import Deployment, ObjectNamespace, Worker


@dataclass(frozen=True, slots=True)
class ObjectNamespaceRow:
    """`standings`: the live versions, each with its part of the objects. `users`: Workers whose
    live versions bind it. `reported` is None if no edge reported any objects."""

    namespace: ObjectNamespace
    standings: Sequence[Standing]
    users: tuple[str, ...]
    reported: ReportedObjects | None


@dataclass(frozen=True, slots=True)
class ObjectsPage:
    rows: tuple[ObjectNamespaceRow, ...]


def objects_page() -> ObjectsPage:
    namespaces = list(ObjectNamespace.objects.select_related("worker__objects_edge"))
    users = _users(namespaces)
    standings = _standings()
    reported = reported_objects()
    return ObjectsPage(
        tuple(
            ObjectNamespaceRow(
                row,
                standings.get(row.worker_id, ()),
                tuple(sorted(users[row.key])),
                reported.get(row.key),
            )
            for row in namespaces
        )
    )


def _users(namespaces: Sequence[ObjectNamespace]) -> defaultdict[str, set[str]]:
    users: defaultdict[str, set[str]] = defaultdict(set)
    for bound in live_bindings([row.key for row in namespaces]):
        users[bound.namespace].add(bound.version.worker.name)
    return users


def _standings() -> dict[int, Sequence[Standing]]:
    """The live versions of Workers with Durable Objects, by the Worker's key."""
    workers = Worker.objects.filter(object_namespaces__isnull=False).distinct()
    active = list(Deployment.objects.active(workers))
    roles = roles_of_deployments(active)
    return {deployment.worker_id: roles[deployment.pk] for deployment in active}
