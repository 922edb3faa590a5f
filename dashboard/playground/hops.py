"""The hop trail: every Worker that a request passed through, by the edges' logs of the same ray."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.live.shown import Shown, shown
from routing.models import Invocation, InvocationDetail

MOST = 100
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Hop:
    """One request to one Worker; `start` and `width` place its bar, in percent of the whole."""

    shown: Shown
    depth: int
    start: str
    width: str
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Trail:
    """`calls` are RPC calls, which no access log knows: only the Worker's own report."""

    hops: tuple[Hop, ...] = ()
    calls: tuple[InvocationDetail, ...] = ()
    total_us: int = 0

    @property
    def details(self) -> list[InvocationDetail]:
        """What the Workers said, in the order of the hops."""
        return [d for hop in self.hops for d in hop.shown.details] + list(self.calls)

    @property
    def said(self) -> bool:
        """Whether any Worker wrote to its console or threw."""
        return any(detail.logs or detail.exceptions for detail in self.details)

    @property
    def workers(self) -> int:
        passed = {hop.shown.invocation.worker for hop in self.hops}
        return len(passed | {call.worker for call in self.calls})


def trail(ray: str) -> Trail:
    """The trail of one request; empty while its log lines are on their way."""
    if not ray:
        return Trail()
    rows = Invocation.objects.filter(ray=ray).select_related("edge").order_by("started_on", "id")
    details = list(InvocationDetail.objects.filter(ray=ray).order_by("started_on")[:MOST])
    found = shown(list(rows[:MOST]), [d for d in details if not d.rpc_method])
    if not found:
        return Trail()
    first = found[0].invocation.started_on
    total = max(_end_us(s.invocation, first) for s in found) or 1
    hops: list[Hop] = []
    for one in found:
        hops.append(_hop(one, hops, first, total))
    calls = tuple(d for d in details if d.rpc_method)
    return Trail(tuple(hops), calls, total)


def _hop(one: Shown, before: list[Hop], first: datetime, total: int) -> Hop:
    i = one.invocation
    start = max(0, (i.started_on - first) // _MICROSECOND)
    parent = next((h for h in reversed(before) if _called(h, i)), None)
    return Hop(
        shown=one,
        depth=min(parent.depth + 1, 8) if parent else 0,
        start=f"{100 * start / total:.2f}%",
        width=f"{max(0.8, 100 * i.duration_us / total):.2f}%",
        caller=parent.shown.invocation.worker if parent else "",
    )


def _called(hop: Hop, inner: Invocation) -> bool:
    return bool(inner.caller) and hop.shown.invocation.version_id == inner.caller


def _end_us(invocation: Invocation, first: datetime) -> int:
    start = (invocation.started_on - first) // _MICROSECOND
    return int(start) + invocation.duration_us
