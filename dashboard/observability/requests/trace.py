"""One request and the Workers it led to.

A subrequest that carries its caller's ray (a Worker that passes the request on) belongs to it by
the ray. A new request of a Worker has another ray; the edge reports which version called, but not
for which request. It is then *inferred*: that version had one request open at the time. If it had
several, it is only *possible*. RPC calls reach no access log; they come from the called Worker's
log, and are related in the same way by the caller's service bindings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from dashboard.observability.requests.invocation_row import InvocationRow, rows_of as with_details
from dashboard.observability.requests.waterfall import Bar, Span, bars
from routing.models import Invocation, InvocationDetail, Version

MOST = 60
DEEPEST = 4
_LONGEST = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Hop:
    """`relation` is "" for the request from outside, else ray, inferred or possible. For an RPC
    call `row` is None and `call` is the called Worker's log entry."""

    span: Span
    row: InvocationRow | None
    call: InvocationDetail | None = None
    depth: int = 0
    relation: str = ""
    bar: Bar = Bar(0, 0, 0)

    @property
    def version_id(self) -> str:
        """Empty for an RPC call."""
        return self.row.invocation.version_id if self.row else ""

    @property
    def short_version(self) -> str:
        version_id = self.call.version_id if self.call else self.version_id
        return version_id[:8]

    @property
    def worker(self) -> str:
        if self.row:
            return self.row.invocation.worker
        return self.call.worker if self.call else ""

    @property
    def details(self) -> Sequence[InvocationDetail]:
        return (self.call,) if self.call else self.row.details if self.row else ()


def trace(ray: str) -> list[Hop]:
    """The hops, callers before callees; empty for an unknown ray."""
    rows = list(Invocation.objects.filter(ray=ray).select_related("edge").order_by("started_on"))
    hops = _nested([_hop(row) for row in _shown(rows[:MOST])])
    for depth in range(DEEPEST):
        level = [hop for hop in hops if hop.depth == depth and hop.row]
        for found in (*_fetches(level, hops), *_calls(level)):
            hops = _put(hops, *found)
        if len(hops) >= MOST:
            break
    measured = bars([hop.span for hop in hops])
    return [replace(hop, bar=bar) for hop, bar in zip(hops, measured, strict=True)]


def _shown(rows: list[Invocation]) -> list[InvocationRow]:
    rays = {row.ray for row in rows if row.ray}
    details = InvocationDetail.objects.filter(ray__in=rays, rpc_method="").order_by("started_on")
    return with_details(rows, details[:500])


def _hop(row: InvocationRow) -> Hop:
    i = row.invocation
    return Hop(Span(i.started_on, i.duration_us / 1000), row)


def _nested(hops: list[Hop]) -> list[Hop]:
    """Hops of one ray under those that called them.

    A Worker chooses the headers of its calls, so any request's ray may be in them. Where the
    request from outside is listed, a call belongs to it only if its caller answered in it.
    """
    found: list[Hop] = []
    rooted = any(not _caller(hop) for hop in hops)
    for hop in hops:
        caller = _caller(hop)
        callers = [h for h in found if h.version_id == caller]
        if caller and callers:
            parents = [h for h in callers if h.span.holds(hop.span.start)]
            found = _put(found, (parents or callers)[-1], hop, "ray")
        elif not caller or not rooted:
            found.append(replace(hop, relation="ray" if caller else ""))
    return found


def _caller(hop: Hop) -> str:
    return hop.row.invocation.caller if hop.row else ""


def left_out(ray: str, hops: Iterable[Hop]) -> int:
    """How many requests carry this ray without belonging to it."""
    listed = sum(hop.row is not None and hop.row.invocation.ray == ray for hop in hops)
    return max(0, Invocation.objects.filter(ray=ray).count() - listed)


def _put(hops: list[Hop], parent: Hop, child: Hop, relation: str) -> list[Hop]:
    """`child` behind the others that `parent` called."""
    at = next(n for n, hop in enumerate(hops) if hop.row is parent.row)
    depth = hops[at].depth + 1
    end = at + 1
    while end < len(hops) and hops[end].depth >= depth:
        end += 1
    made = replace(child, depth=depth, relation=relation)
    return [*hops[:end], made, *hops[end:]]


def _fetches(level: list[Hop], known: list[Hop]) -> Iterable[tuple[Hop, Hop, str]]:
    """Subrequests with a ray of their own that one of `level` may have made."""
    if not level:
        return []
    rays = {hop.row.invocation.ray for hop in known if hop.row}
    callers = {hop.version_id for hop in level}
    rows = Invocation.objects.filter(
        hop="internal", caller__in=callers, started_on__range=_window(level)
    )
    found = rows.exclude(ray__in=rays).select_related("edge").order_by("started_on")[:MOST]
    children = [_hop(row) for row in _shown(list(found))]
    others = _others(level, rays)
    return _related(level, children, others)


def _calls(level: list[Hop]) -> Iterable[tuple[Hop, Hop, str]]:
    """RPC calls to Workers that have a binding in one of `level`, at that time."""
    bound = _bindings(level)
    names = {name for targets in bound.values() for name in targets}
    if not names:
        return []
    details = InvocationDetail.objects.filter(worker__in=names, started_on__range=_window(level))
    found = details.exclude(rpc_method="").select_related("edge").order_by("started_on")[:MOST]
    rays = {hop.row.invocation.ray for hop in level if hop.row}
    others = _others(level, rays)
    related = []
    for call in found:
        able = [hop for hop in level if call.worker in bound.get(hop.version_id, ())]
        child = Hop(Span(call.started_on, call.wall_ms), None, call)
        related += list(_related(able, [child], others))
    return related


def _related(
    level: list[Hop], children: list[Hop], others: list[Invocation]
) -> list[tuple[Hop, Hop, str]]:
    related = []
    for child in children:
        caller = child.row.invocation.caller if child.row else None
        able = [h for h in level if caller in (None, h.version_id)]
        parents = [h for h in able if h.span.holds(child.span.start)]
        if parents:
            rivals = [o for o in others if _may_have_called(o, parents, child)]
            sure = len(parents) == 1 and not rivals
            related.append((parents[-1], child, "inferred" if sure else "possible"))
    return related


def _may_have_called(other: Invocation, parents: list[Hop], child: Hop) -> bool:
    same = other.version_id in {parent.version_id for parent in parents}
    return same and Span(other.started_on, other.duration_us / 1000).holds(child.span.start)


def _others(level: list[Hop], rays: set[str]) -> list[Invocation]:
    """Other requests that the same versions answered at about that time."""
    start, end = _window(level)
    versions = {hop.version_id for hop in level}
    found = Invocation.objects.filter(
        version_id__in=versions, started_on__range=(start - _LONGEST, end)
    ).exclude(ray__in=rays)
    return list(found.only("version_id", "started_on", "duration_us").order_by("-started_on")[:500])


def _window(level: list[Hop]) -> tuple[datetime, datetime]:
    slack = timedelta(milliseconds=2)
    return min(h.span.start for h in level) - slack, max(h.span.end for h in level) + slack


def _bindings(level: list[Hop]) -> dict[str, set[str]]:
    """The Workers that each version may call."""
    ids = set()
    for hop in level:
        try:
            ids.add(UUID(hop.version_id))
        except ValueError:
            continue
    versions = Version.objects.filter(id__in=ids).only("bindings")
    return {
        str(v.id): {b["service"] for b in v.bindings if b.get("type") == "service"}
        for v in versions
    }
