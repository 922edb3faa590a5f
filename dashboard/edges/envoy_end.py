"""The last crash or hang of an edge's Envoy, as its agent reports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

RECENT = timedelta(hours=1)
"""How long the page warns about it; later it is plain text."""


@dataclass(frozen=True, slots=True)
class EnvoyEnd:
    """`kind` is a `routing.agent.state.state.EndKind`: crash or hang. `ends` is their number since
    the agent started, `waited` that of connections that waited for the next Envoy."""

    kind: str
    at: datetime
    message: str
    ends: int
    waited: int
    is_recent: bool


def last_end(status: Mapping[str, Any], now: datetime) -> EnvoyEnd | None:
    """None if Envoy has run since the agent started."""
    envoy = status.get("envoy") or {}
    end = envoy.get("end") or {}
    at = parse_datetime(end.get("at", ""))
    if at is None:
        return None
    return EnvoyEnd(
        kind=end.get("kind", ""),
        at=at,
        message=end.get("message", ""),
        ends=envoy.get("ends", 0),
        waited=envoy.get("waited", 0),
        is_recent=now - at < RECENT,
    )
