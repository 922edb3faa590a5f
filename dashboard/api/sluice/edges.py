"""Edges as the pages show them: silent, losing lines of their log, unable to write."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.fleet.edge_condition import expected_edges
from dashboard.fleet.edge_facts import edge_facts

router = Router(tags=["Edges"])


class EdgeItem(Schema):
    """One edge. `reasons` are the codes of `/healthz`; without any, nothing is wrong."""

    name: str
    group: str
    revision: int
    has_newest: bool = Field(description="It has the newest revision, and reports.")
    last_seen_at: datetime | None = Field(description="Its last report; null before the first.")
    silent_seconds: float | None = Field(description="Since its last report; null while it does.")
    lost_lines: int = Field(description="Lines of its log that were never counted, of every kind.")
    lost_at: datetime | None = Field(description="The last loss of the last five minutes.")
    disk: str = Field(description="Why it cannot write: full, no_inodes, read_only or broken.")
    is_draining: bool = Field(description="It asks its balancer for no new requests.")
    agent_version: str = Field(description="Empty if it has not reported one.")
    clock_offset_ms: int | None = Field(description="How far its clock is ahead; null if unknown.")
    has_key: bool = Field(description="Secrets reach it sealed to its key.")
    reasons: list[str]


@router.get("/edges", auth=may_read, response=list[EdgeItem])
def list_edges(request: ApiRequest) -> Any:
    """Every edge, by name, except those that drained and left."""
    now = timezone.now()
    return edge_facts(expected_edges(now), now)
