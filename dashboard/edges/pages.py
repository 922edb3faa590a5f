"""The edges page: who serves, at which revision, and how every version's process is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from dashboard.ui.page import page
from dashboard.ui.propagation import Cell, meter_of_all
from routing.models import Edge, Version


@dataclass(frozen=True, slots=True)
class Process:
    """One version's process at one edge; `version` is None when its Worker was deleted since."""

    version_id: str
    version: Version | None
    state: str
    since: Any
    restarts: int
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One edge as the page shows it; `shipping` counts what its log became."""

    edge: Edge
    cell: Cell
    processes: list[Process]
    shipping: Mapping[str, Any]
    lagging: Mapping[str, Any]


@require_safe
def edges(request: HttpRequest) -> HttpResponse:
    """Every edge with what it last said, in a constant number of queries."""
    rows = _rows(list(Edge.objects.all()))
    return page(request, "edges/list.html", {"rows": rows}, partial="edge-list")


def _rows(found: list[Edge]) -> list[Row]:
    cells = {cell.edge: cell for cell in meter_of_all().cells}
    ids = {i for edge in found for i in edge.status.get("versions", {})}
    known = {str(v.id): v for v in _versions(ids)}
    return [
        Row(
            edge,
            cells[edge.name],
            _processes(edge, known),
            edge.status.get("shipping", {}),
            edge.status.get("workers", {}),
        )
        for edge in found
        if edge.name in cells
    ]


def _versions(ids: Iterable[str]) -> Iterable[Version]:
    return (
        Version.objects.filter(id__in=ids)
        .select_related("worker")
        .only("id", "number", "tag", "worker__name")
    )


def _processes(edge: Edge, known: Mapping[str, Version]) -> list[Process]:
    """By Worker, then newest first; a process of a deleted Worker comes last."""
    told = edge.status.get("versions", {})
    listed = [
        Process(
            version_id,
            known.get(version_id),
            said.get("state", ""),
            parse_datetime(said.get("since") or ""),
            said.get("restarts", 0),
            said.get("message", ""),
        )
        for version_id, said in told.items()
    ]
    return sorted(listed, key=_place)


def _place(process: Process) -> tuple[bool, str, int]:
    version = process.version
    return (
        version is None,
        version.worker.name if version else "",
        -(version.number if version else 0),
    )
