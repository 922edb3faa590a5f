"""A cron or queue event for a version of this edge, and what became of it, as JSON on the wire.

The agent receives events on its WebSocket, delivers them to the version's own socket, and posts the
answers. Fields may be added with a default; both ends ignore those that they do not know.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

MOST_SECONDS = 900.0
"""Limit of one event, as Cloudflare's wall-clock limit of cron triggers and queue consumers."""
MOST_BYTES = 1024 * 1024
"""Of an answer."""


class EventKind(StrEnum):
    """The name of the handler."""

    scheduled = "scheduled"
    queue = "queue"


class EventFailure(StrEnum):
    """Why there is no outcome. After those in `NOTHING_RAN` another edge may try."""

    none = ""
    #: This edge does not run the version.
    unknown_version = "unknown_version"
    #: The version's process does not accept connections.
    unreachable = "unreachable"
    #: Too many events are in progress at this edge.
    busy = "busy"
    #: No answer in time.
    late = "late"
    #: The process ended, or its answer cannot be read.
    broken = "broken"


NOTHING_RAN = frozenset({EventFailure.unknown_version, EventFailure.unreachable, EventFailure.busy})


class EventDelivery(msgspec.Struct, frozen=True):
    """`payload` is JSON for `runtime/events.js`. `seconds` limit the whole event."""

    id: str
    worker: str
    version_id: str
    kind: EventKind
    payload: bytes
    seconds: float = MOST_SECONDS


class EventAnswer(msgspec.Struct, frozen=True):
    """`outcome` is workerd's, such as "ok", "exception" or "exceededCpu". `result` is the handler's
    result as JSON."""

    failure: EventFailure = EventFailure.none
    detail: str = ""
    outcome: str = ""
    result: bytes = b""
    wall_ms: int = 0
