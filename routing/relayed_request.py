"""A request that the dashboard sends through an edge's agent, and its answer, as JSON on the wire.

The agent receives requests on its WebSocket and posts the answers. Fields may be added with a
default; both ends ignore those that they do not know.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

MOST_SECONDS = 30.0
MOST_BYTES = 1024 * 1024
"""Limits at the edge for one request and the body of its answer, whatever the request says."""


CONNECTION_HEADERS = frozenset(
    "host content-length transfer-encoding connection keep-alive upgrade te trailer expect "
    "proxy-authorization proxy-connection http2-settings".split()
)
"""Header lines about the connection or the host, which the program that sends writes itself."""


class Failure(StrEnum):
    """Why there is no answer; `none` for an answer."""

    none = ""
    #: Envoy does not accept connections.
    unreachable = "unreachable"
    #: No answer in time.
    late = "late"
    #: The answer is not HTTP.
    broken = "broken"
    #: The edge has no such Worker.
    unknown_worker = "unknown_worker"
    #: Too many requests are waiting at this edge.
    busy = "busy"


class RelayedRequest(msgspec.Struct, frozen=True):
    """`lines` are all header lines but those of the host and the framing. `seconds` and
    `max_bytes` limit the whole exchange and the body of the answer."""

    id: str
    worker: str
    method: str
    target: bytes
    lines: list[tuple[str, str]]
    body: bytes = b""
    seconds: float = MOST_SECONDS
    max_bytes: int = MOST_BYTES


class RelayedAnswer(msgspec.Struct, frozen=True):
    """Times are in milliseconds. `ended_by` is "size", "time" or "broken" for an incomplete body;
    `detail` belongs to `failure`."""

    failure: Failure = Failure.none
    detail: str = ""
    status: int = 0
    lines: list[tuple[str, str]] = []
    body: bytes = b""
    ended_by: str = ""
    connect: float = 0.0
    send: float = 0.0
    wait: float = 0.0
    read: float = 0.0
