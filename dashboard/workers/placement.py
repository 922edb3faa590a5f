"""Where a Worker runs: the groups of edges, on its settings page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from routing.control import edge_groups
from routing.models import Edge, Worker


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """A group of edges; `chosen` if the Worker is limited to some, this one among them."""

    name: str
    edges: int
    chosen: bool


def group_choices(worker: Worker, chosen: Iterable[str] | None = None) -> list[GroupChoice]:
    """All groups; `chosen` are those of a rejected form."""
    selected = set(worker.groups if chosen is None else chosen)
    rows = Edge.objects.order_by().values_list("group").annotate(number=Count("pk"))
    edges = dict(rows)
    return [
        GroupChoice(name, edges.get(name, 0), name in selected)
        for name in edge_groups.group_names()
    ]
