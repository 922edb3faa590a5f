"""The edges page: who serves, at which revision, and how every version's process is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from dashboard.edges.envoy_end import EnvoyEnd, last_end
from dashboard.fleet.bounded_cache import BoundedCache
from dashboard.fleet.propagation import Cell, Meter, meter_of_all
from dashboard.observability.queries.health import ENDS
from dashboard.ui.page import page
from dashboard.ui.paging import Page, page_of
from routing.models import Edge, Version, Worker
from routing.transactions.batches import batches

MOST_LAGGING = 20
VersionLabel: TypeAlias = tuple[str, int, str]
"""(Worker, number, tag) of a version."""


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """The last unexpected end of a process: `words` say what, `message` why."""

    words: str
    at: Any
    message: str


@dataclass(frozen=True, slots=True)
class Process:
    """One version's process at one edge; `worker` is "" when its Worker was deleted since."""

    version_id: str
    worker: str
    number: int
    tag: str
    state: str
    since: Any
    restarts: int
    message: str
    end: ProcessEnd | None = None


@dataclass(frozen=True, slots=True)
class EdgeCard:
    """One edge as the page shows it; `pages` holds its processes, `shipping` counts what its log
    became, `isolation` is as whom its versions run, `envoy_end` when Envoy last ended by itself."""

    edge: Edge
    cell: Cell
    pages: Page[Process]
    shipping: Mapping[str, Any]
    lagging: list[tuple[str, Mapping[str, Any]]]
    more_lagging: int
    isolation: Mapping[str, str]
    envoy_end: EnvoyEnd | None


@require_safe
def edges(request: HttpRequest) -> HttpResponse:
    """Every edge with what it last said; `?edge=local-1&page=2`: more of one edge's processes."""
    asked = {request.GET.get("edge", ""): request.GET.get("page", "")}
    meter = meter_of_all()
    context = {
        "rows": _edge_cards(list(Edge.objects.all()), meter, asked),
        "meter": meter,
        "query": request.GET.urlencode(),
    }
    return page(request, "edges/list.html", context, partial="edge-list")


def _edge_cards(found: list[Edge], meter: Meter, asked: Mapping[str, str]) -> list[EdgeCard]:
    cells = {cell.edge: cell for cell in meter.cells}
    places = _version_labels({i for edge in found for i in edge.status.get("versions", {})})
    now = timezone.now()
    return [
        EdgeCard(
            edge,
            cells[edge.name],
            _processes(edge, places, asked.get(edge.name, "")),
            edge.status.get("shipping", {}),
            list(edge.status.get("workers", {}).items())[:MOST_LAGGING],
            max(0, len(edge.status.get("workers", {})) - MOST_LAGGING),
            edge.status.get("isolation", {}),
            last_end(edge.status, now),
        )
        for edge in found
        if edge.name in cells
    ]


_version_label_cache: BoundedCache[str, VersionLabel] = BoundedCache(16_384)
"""A version's place never changes."""


def _version_labels(ids: set[str]) -> dict[str, VersionLabel]:
    """Those of the versions that are there; one query for each 500 that are not known yet."""
    found = _version_label_cache.get_many(ids)
    for missing in batches(ids - found.keys()):
        rows = Version.objects.filter(id__in=missing)
        new = {
            str(pk): (worker, number, tag)
            for pk, worker, number, tag in rows.values_list("id", "worker__name", "number", "tag")
        }
        _version_label_cache.update(new)
        found |= new
    there = set(Worker.objects.values_list("name", flat=True))
    return {pk: place for pk, place in found.items() if place[0] in there}


def _processes(edge: Edge, places: Mapping[str, VersionLabel], number: str) -> Page[Process]:
    """Those that do not run come first, then by Worker, then newest first; a process of a deleted
    Worker comes last."""
    reported: Mapping[str, Mapping[str, Any]] = edge.status.get("versions", {})

    def order(version_id: str) -> tuple[bool, bool, str, int]:
        worker, version, _ = places.get(version_id, _NOWHERE)
        runs = reported[version_id].get("state") in _QUIET
        return runs, not worker, worker, -version

    found = page_of(sorted(reported, key=order), number, {"edge": edge.name})
    return found.holding([_process(i, reported[i], places) for i in found.items])


_NOWHERE: VersionLabel = ("", 0, "")
_QUIET = ("running", "serving", "starting", "draining")


def _process(
    version_id: str, reported: Mapping[str, Any], places: Mapping[str, VersionLabel]
) -> Process:
    return Process(
        version_id,
        *places.get(version_id, _NOWHERE),
        reported.get("state", ""),
        parse_datetime(reported.get("since") or ""),
        reported.get("restarts", 0),
        reported.get("message", ""),
        _end(reported.get("end") or {}),
    )


def _end(reported: Mapping[str, Any]) -> ProcessEnd | None:
    words = ENDS.get(reported.get("kind", ""), "could not be started by this machine")
    at = parse_datetime(reported.get("at") or "")
    return ProcessEnd(words, at, reported.get("message", "")) if at else None
