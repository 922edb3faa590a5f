"""The list of edges: what each serves, at which revision, and how its processes are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission
from dashboard.edges.envoy_end import EnvoyEnd, last_end
from dashboard.edges.warnings import EdgeWarning, warnings_of
from dashboard.fleet.bounded_cache import BoundedCache
from dashboard.fleet.propagation import Cell, Meter, measure, meter_of_all
from dashboard.observability.queries.health import ENDS
from dashboard.ui.page import page
from dashboard.ui.paging import Page, page_of
from routing.models import DEFAULT_GROUP, Edge, EdgeToken, JoinToken, Version, Worker
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
    cold_start_ms: int = 0


@dataclass(frozen=True, slots=True)
class EdgeCard:
    """One edge on the page. `shipping` has counts of its log, `isolation` the users of versions,
    `envoy_end` the last crash or hang of Envoy."""

    edge: Edge
    cell: Cell
    processes: Page[Process]
    shipping: Mapping[str, Any]
    lagging: list[tuple[str, Mapping[str, Any]]]
    more_lagging: int
    isolation: Mapping[str, str]
    envoy_end: EnvoyEnd | None
    warnings: list[EdgeWarning]


@dataclass(frozen=True, slots=True)
class EdgesPage:
    """The context of the page. `query` keeps the open pages of processes when it is polled.
    `has_groups`: there are others than the default one."""

    cards: list[EdgeCard]
    meter: Meter
    query: str
    joining: list[JoinToken]
    has_groups: bool
    can: Permission


@require_safe
def edges(request: HttpRequest) -> HttpResponse:
    """Every edge by its last report. `?edge=local-1&page=2` pages through one edge's processes."""
    page_numbers = {request.GET.get("edge", ""): request.GET.get("page", "")}
    meter, rows = meter_of_all(), list(Edge.objects.all())
    context = EdgesPage(
        cards=_edge_cards(rows, meter, page_numbers),
        meter=meter,
        query=request.GET.urlencode(),
        joining=list(JoinToken.objects.waiting(timezone.now())),
        has_groups=any(edge.group != DEFAULT_GROUP for edge in rows),
        can=permission(request.user, Role.ADMIN),
    )
    return page(request, "edges/list.html", context, partial="edge-list")


def _edge_cards(rows: list[Edge], meter: Meter, page_numbers: Mapping[str, str]) -> list[EdgeCard]:
    now = timezone.now()
    cells = {cell.edge: cell for cell in meter.cells}
    # Edges that have left do not count for the meter.
    left = [edge for edge in rows if edge.name not in cells]
    cells |= {cell.edge: cell for cell in measure(meter.revision, None, left, {}, now).cells}
    tokens = _tokens(rows)
    labels = _version_labels({i for edge in rows for i in edge.status.get("versions", {})})
    return [
        EdgeCard(
            edge,
            cells[edge.name],
            _processes(edge, labels, page_numbers.get(edge.name, "")),
            edge.status.get("shipping", {}),
            list(edge.status.get("workers", {}).items())[:MOST_LAGGING],
            max(0, len(edge.status.get("workers", {})) - MOST_LAGGING),
            edge.status.get("isolation", {}),
            last_end(edge.status, now),
            warnings_of(edge, tokens[edge.pk], now),
        )
        for edge in rows
    ]


def _tokens(rows: list[Edge]) -> defaultdict[int, list[EdgeToken]]:
    """Tokens that were not revoked, by edge. One query."""
    tokens: defaultdict[int, list[EdgeToken]] = defaultdict(list)
    for token in EdgeToken.objects.filter(edge__in=rows, revoked_at=None):
        tokens[token.edge_id].append(token)
    return tokens


_version_label_cache: BoundedCache[str, VersionLabel] = BoundedCache(16_384)
"""A version's label never changes."""


def _version_labels(ids: set[str]) -> dict[str, VersionLabel]:
    """Labels of versions whose Worker exists. One query per 500 that are not cached."""
    labels = _version_label_cache.get_many(ids)
    for missing in batches(ids - labels.keys()):
        rows = Version.objects.filter(id__in=missing)
        new = {
            str(pk): (worker, number, tag)
            for pk, worker, number, tag in rows.values_list("id", "worker__name", "number", "tag")
        }
        _version_label_cache.update(new)
        labels |= new
    workers = set(Worker.objects.values_list("name", flat=True))
    return {pk: label for pk, label in labels.items() if label[0] in workers}


def _processes(edge: Edge, labels: Mapping[str, VersionLabel], number: str) -> Page[Process]:
    """Failing processes first, then by Worker and newest version; those of deleted Workers last."""
    reported: Mapping[str, Mapping[str, Any]] = edge.status.get("versions", {})

    def order(version_id: str) -> tuple[bool, bool, str, int]:
        worker, version, _ = labels.get(version_id, _NO_LABEL)
        runs = reported[version_id].get("state") in _HEALTHY
        return runs, not worker, worker, -version

    ids = page_of(sorted(reported, key=order), number, {"edge": edge.name})
    return ids.holding([_process(i, reported[i], labels) for i in ids.items])


_NO_LABEL: VersionLabel = ("", 0, "")
_HEALTHY = ("running", "serving", "starting", "draining", "cold")


def _process(
    version_id: str, reported: Mapping[str, Any], labels: Mapping[str, VersionLabel]
) -> Process:
    return Process(
        version_id,
        *labels.get(version_id, _NO_LABEL),
        reported.get("state", ""),
        parse_datetime(reported.get("since") or ""),
        reported.get("restarts", 0),
        reported.get("message", ""),
        _end(reported.get("end") or {}),
        reported.get("cold_start_ms", 0),
    )


def _end(reported: Mapping[str, Any]) -> ProcessEnd | None:
    words = ENDS.get(reported.get("kind", ""), "could not be started by this machine")
    at = parse_datetime(reported.get("at") or "")
    return ProcessEnd(words, at, reported.get("message", "")) if at else None
