"""What an agent reports about itself: version, clock, transport, and which start of it this is."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dashboard.fleet.duplicates import with_report
from dashboard.ui.http.storable_text import storable
from routing.models import Edge

FIELDS = ("agent_version", "agents", "clock_offset_ms", "plain_http")
"""Of `Edge`, which `take` sets."""
_LARGEST_OFFSET_MS = 2**53


class AgentReport(msgspec.Struct):
    """All empty from agents of earlier releases. `instance` differs for each start; `host` is the
    machine's name. `clock_offset_ms` is how far its clock is ahead, None until it was measured."""

    instance: str = ""
    host: str = ""
    version: str = ""
    plain_http: bool = False
    clock_offset_ms: int | None = None


def take(edge: Edge, report: AgentReport, address: str, now: datetime) -> None:
    """Copies the report to `edge`. `address` is where the agent connects from."""
    edge.agent_version = storable(report.version)[:32]
    edge.plain_http = report.plain_http
    offset = report.clock_offset_ms
    is_plausible = offset is not None and abs(offset) < _LARGEST_OFFSET_MS
    edge.clock_offset_ms = offset if is_plausible else None
    if report.instance:
        instance, host = storable(report.instance)[:64], storable(report.host)[:253]
        edge.agents = with_report(edge.agents, instance, host, address, now)
