"""An edge's problems: silent, losing log lines, disk full, Envoy replaced, two agents on one token,
clock off. The one source for pages, /healthz, the API and the metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.fleet.duplicates import duplicates
from routing.models import Edge, EdgeQuerySet

#: Edges report every few seconds; without a report for this long an edge is silent.
SILENT_AFTER = timedelta(seconds=15)
#: How long every page warns about lost lines. The charts show them permanently.
LOSS_SHOWN_FOR = timedelta(minutes=5)
#: The same for an Envoy that died or hung. The Edges page shows the last one permanently.
ENVOY_END_SHOWN_FOR = timedelta(minutes=5)
#: A clock that is off by more is a problem.
CLOCK_OFF_MS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`silent_for` is None while it reports. `lost_at` is None unless lines were lost lately;
    `lost_lines` is their number since the edge was made. `disk` is a `routing.disk.DiskState`.
    `envoy_end` is a `routing.agent.state.state.EndKind`, "" unless its Envoy ended by itself
    lately."""

    edge: str
    silent_for: timedelta | None = None
    lost_lines: int = 0
    lost_at: datetime | None = None
    disk: str = ""
    envoy_end: str = ""
    envoy_ended_at: datetime | None = None
    #: Machines or addresses of agents that use its token at the same time.
    shared_by: tuple[str, ...] = ()
    #: How far its clock is ahead; None unless it is off by more than `CLOCK_OFF_MS`.
    clock_off_ms: int | None = None

    @property
    def loses_lines(self) -> bool:
        """Whether it lost log lines recently, or cannot write them."""
        return bool(self.lost_at or self.disk)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Problem codes: edge_silent, log_lines_lost, edge_disk_full, envoy_hang, …"""
        problems = (
            ("edge_silent", self.silent_for is not None),
            ("log_lines_lost", self.lost_at is not None),
            (f"edge_disk_{self.disk}", bool(self.disk)),
            (f"envoy_{self.envoy_end}", bool(self.envoy_end)),
            ("edge_two_agents", bool(self.shared_by)),
            ("edge_clock_off", self.clock_off_ms is not None),
        )
        return tuple(code for code, is_so in problems if is_so)


def condition_of(edge: Edge, now: datetime) -> Condition:
    """Reads none of the large fields. An edge that never connected counts from its creation."""
    silent = now - (edge.last_seen_on or edge.created_on)
    is_recent = edge.lost_at is not None and now - edge.lost_at < LOSS_SHOWN_FOR
    ended_at = edge.envoy_ended_at
    has_ended = ended_at is not None and now - ended_at < ENVOY_END_SHOWN_FOR
    return Condition(
        edge=edge.name,
        silent_for=silent if silent > SILENT_AFTER else None,
        lost_lines=edge.lost_lines,
        lost_at=edge.lost_at if is_recent else None,
        disk=edge.disk,
        envoy_end=edge.envoy_end if has_ended else "",
        envoy_ended_at=ended_at if has_ended else None,
        shared_by=tuple(agent.place for agent in duplicates(edge.agents, now)),
        clock_off_ms=_off(edge.clock_offset_ms) if silent <= SILENT_AFTER else None,
    )


def _off(offset_ms: int | None) -> int | None:
    return offset_ms if offset_ms is not None and abs(offset_ms) > CLOCK_OFF_MS else None


def expected_edges(now: datetime) -> EdgeQuerySet:
    """All edges that should report: without those that have left. Without large columns."""
    expected = Edge.objects.expected(silent_since=now - SILENT_AFTER)
    return expected.defer("status", "token_sha256", "proof_url")


def conditions(now: datetime | None = None) -> list[Condition]:
    """Of all edges that should report. One query."""
    now = now or timezone.now()
    return [condition_of(edge, now) for edge in expected_edges(now).defer("lagging")]


def reasons_of(conditions: Iterable[Condition]) -> list[str]:
    """Problem codes without duplicates, sorted."""
    return sorted({reason for condition in conditions for reason in condition.reasons})
