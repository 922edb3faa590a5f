"""Which Workers run where: the group of an edge, and the groups of a Worker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing.control import audit, messages, revision
from routing.control.callers import callers_of
from routing.control.objects import messages as object_messages
from routing.control.objects.home import home_of, workers_at
from routing.models import DEFAULT_GROUP, Deployment, Edge, ServiceBinding, Worker
from routing.rules.names import is_group_name

MOST_GROUPS = 12
"""Of one Worker, so that `Worker.group_names` has room for the longest names."""


@dataclass(frozen=True, slots=True)
class CutCall:
    """A service binding between Workers that would not run in the same groups: `caller` runs in
    `missing`, `target` does not."""

    caller: str
    binding: str
    target: str
    missing: tuple[str, ...]


class GroupsRefused(ValueError):
    """Not valid groups, or Workers that call each other would be separated (`cut`)."""

    def __init__(self, message: str, cut: Sequence[CutCall] = ()) -> None:
        super().__init__(message)
        self.cut = tuple(cut)


def group_names() -> list[str]:
    """The groups that an edge or a Worker names, and the default one."""
    edges = Edge.objects.order_by().values_list("group", flat=True).distinct()
    workers = Worker.objects.exclude(group_names="").order_by()
    chosen = workers.values_list("group_names", flat=True).distinct()
    return sorted({DEFAULT_GROUP, *edges, *(name for names in chosen for name in names.split())})


def check_group_name(name: str) -> str:
    """`name`, or raises `GroupsRefused`."""
    if not is_group_name(name):
        raise GroupsRefused(messages.not_a_group(name))
    return name


def set_worker_groups(
    worker: Worker,
    groups: Iterable[str],
    *,
    actor: AbstractBaseUser | None,
    source: str,
    now: datetime,
    force: bool = False,
) -> bool:
    """Runs the Worker in `groups` only, or everywhere if empty. False if it did already.

    Raises `GroupsRefused`; with `force` not for Workers that it separates, but still for the edge
    that has its Durable Objects.
    """
    wanted = tuple(sorted({check_group_name(name) for name in groups}))
    if len(wanted) > MOST_GROUPS:
        raise GroupsRefused(messages.too_many_groups(MOST_GROUPS))
    with transaction.atomic():
        revision.lock()
        worker.refresh_from_db()
        before = worker.groups
        if before == wanted:
            return False
        cut = calls_cut(worker, wanted)
        if cut and not force:
            raise GroupsRefused(messages.separated(worker.name), cut)
        _check_objects(worker, wanted)
        _place(worker, wanted)
        audit.record(
            "worker.groups",
            worker.name,
            actor=actor,
            source=source,
            now=now,
            before={"groups": list(before)},
            after={"groups": list(wanted)},
        )
    return True


def _check_objects(worker: Worker, groups: Sequence[str]) -> None:
    """Refuses to leave the edge that has the Worker's Durable Objects: they would stop."""
    if not groups or not worker.object_namespaces.exists():
        return
    edge = home_of(worker)
    if edge and edge.group not in groups:
        raise GroupsRefused(object_messages.leaves_edge(worker.name, edge.name, edge.group))


def _place(worker: Worker, groups: Sequence[str]) -> None:
    """The edges of groups that it leaves are told to drop it."""
    earlier = set(worker.groups or group_names())
    worker.groups = tuple(groups)
    worker.save(update_fields=["group_names"])
    number = revision.advance(worker)
    if groups:
        revision.leave_groups(worker.name, earlier - set(groups), number)


def move_edge(
    edge: Edge, group: str, *, actor: AbstractBaseUser | None, source: str, now: datetime
) -> bool:
    """Makes the edge run the Workers of `group`. False if it did already. Raises `GroupsRefused`,
    also if it has Durable Objects of a Worker that `group` does not run."""
    check_group_name(group)
    with transaction.atomic():
        revision.lock()
        edge.refresh_from_db()
        before = edge.group
        if before == group:
            return False
        if staying := [w.name for w in workers_at(edge) if not w.runs_in(group)]:
            raise GroupsRefused(object_messages.objects_stay(edge.name, staying))
        edge.group, edge.whole_since = group, revision.advance_edge()
        edge.save(update_fields=["group", "whole_since"])
        audit.record(
            "edge.group",
            edge.name,
            actor=actor,
            source=source,
            now=now,
            before={"group": before},
            after={"group": group},
        )
    return True


def calls_cut(worker: Worker, groups: Sequence[str]) -> list[CutCall]:
    """Service bindings of live versions that lead out of their group if `worker` runs in
    `groups`."""
    live = Deployment.objects.active(Worker.objects.filter(pk=worker.pk))
    bindings = ServiceBinding.objects.filter(version__shares__deployment__in=live)
    targets = dict(bindings.values_list("name", "service").distinct())
    calls = [(worker.name, name, target) for name, target in targets.items()]
    calls += [(call.caller, call.binding, worker.name) for call in callers_of(worker)]
    others = {name for caller, _, target in calls for name in (caller, target)} - {worker.name}
    runs = {w.name: w.groups for w in Worker.objects.filter(name__in=others)}
    runs[worker.name] = tuple(groups)
    return [
        CutCall(caller, binding, target, missing)
        for caller, binding, target in calls
        if caller in runs and target in runs
        if (missing := _missing(runs[caller], runs[target]))
    ]


def calls_out(worker: Worker, version_ids: Iterable[str]) -> list[CutCall]:
    """Service bindings of these versions of `worker` whose target does not run in all of its
    groups. Two queries."""
    bindings = ServiceBinding.objects.filter(version__in=list(version_ids))
    targets = dict(bindings.order_by("name").values_list("name", "service").distinct())
    runs = {w.name: w.groups for w in Worker.objects.filter(name__in=targets.values())}
    return [
        CutCall(worker.name, binding, target, missing)
        for binding, target in targets.items()
        if target in runs and (missing := _missing(worker.groups, runs[target]))
    ]


def _missing(caller: Sequence[str], target: Sequence[str]) -> tuple[str, ...]:
    """The groups of the caller without the target; ("*",) if the caller runs everywhere."""
    if not target:
        return ()
    return tuple(sorted(set(caller) - set(target))) if caller else ("*",)
