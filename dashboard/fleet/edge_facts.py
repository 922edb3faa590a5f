"""An edge for programs: the same in `GET /api/edges` and `manage.py edge list --json`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.fleet.edge_condition import condition_of
from routing.control import revision as revisions
from routing.models import Edge


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeFacts:
    """`has_newest`: it has the newest revision, and reports. `has_key`: secrets are sealed to its
    key. The other fields are those of `Edge` and `Condition`."""

    name: str
    group: str
    revision: int
    has_newest: bool
    last_seen_at: datetime | None
    silent_seconds: float | None
    lost_lines: int
    lost_at: datetime | None
    disk: str
    is_draining: bool
    agent_version: str
    clock_offset_ms: int | None
    has_key: bool
    reasons: list[str]


def edge_facts(edges: Iterable[Edge], now: datetime) -> list[EdgeFacts]:
    """Two queries."""
    newest = revisions.current()
    return [_facts(edge, newest, now) for edge in edges]


def _facts(edge: Edge, newest: int, now: datetime) -> EdgeFacts:
    condition = condition_of(edge, now)
    silent = condition.silent_for
    return EdgeFacts(
        name=edge.name,
        group=edge.group,
        revision=edge.current_revision,
        has_newest=edge.current_revision >= newest and silent is None,
        last_seen_at=edge.last_seen_on,
        silent_seconds=silent.total_seconds() if silent is not None else None,
        lost_lines=condition.lost_lines,
        lost_at=condition.lost_at,
        disk=condition.disk,
        is_draining=edge.draining_at is not None,
        agent_version=edge.agent_version,
        clock_offset_ms=edge.clock_offset_ms,
        has_key=bool(edge.public_key),
        reasons=list(condition.reasons),
    )
