"""Messages of a tail, subprotocol `trace-v1`, as far as Sluice reads them. Pure.

A message is one invocation, or a notice that events are dropped. Anything else is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from dashboard.cloud.proof.evidence import PROBE_HEADER, TailEvent


class Notice(StrEnum):
    """`OVERLOAD`: events are dropped from now on."""

    OVERLOAD = "overload"
    OVERLOAD_ENDS = "overload-stop"


class _Version(msgspec.Struct, frozen=True):
    id: str = ""
    tag: str = ""
    message: str = ""


class _Request(msgspec.Struct, frozen=True):
    url: str = ""
    method: str = ""
    headers: Mapping[str, str] = {}


class _Response(msgspec.Struct, frozen=True):
    status: int | None = None


class _Event(msgspec.Struct, frozen=True):
    request: _Request | None = None
    response: _Response | None = None


class _Message(msgspec.Struct, frozen=True):
    type: str = ""
    scriptName: str | None = None
    scriptVersion: _Version | None = None
    outcome: str = ""
    cpuTime: float | None = None
    wallTime: float | None = None
    eventTimestamp: float | None = None
    event: _Event | None = None
    logs: tuple[Mapping[str, Any], ...] = ()
    exceptions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Invocation:
    """An event with what a live log shows of it."""

    event: TailEvent
    method: str
    url: str
    logs: tuple[Mapping[str, Any], ...]
    exceptions: tuple[Mapping[str, Any], ...]


_decoder = msgspec.json.Decoder(_Message, strict=False)


def parse_message(text: str | bytes) -> Invocation | Notice | None:
    """None for what is neither."""
    try:
        given = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return None
    if given.type in list(Notice):
        return Notice(given.type)
    if given.scriptName is None or given.eventTimestamp is None:
        return None
    try:
        at = datetime.fromtimestamp(given.eventTimestamp / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return _invocation(given, at)


def _invocation(given: _Message, at: datetime) -> Invocation:
    details = given.event or _Event()
    request = details.request or _Request()
    headers = {name.lower(): value for name, value in request.headers.items()}
    version = given.scriptVersion or _Version()
    event = TailEvent(
        nonce=headers.get(PROBE_HEADER, "")[:64],
        ray=headers.get("cf-ray", "").partition("-")[0][:32],
        worker=(given.scriptName or "")[:255],
        version_id=version.id[:64],
        at=at,
        tag=version.tag[:100],
        outcome=given.outcome[:40],
        status=details.response.status if details.response else None,
        cpu_ms=given.cpuTime,
        wall_ms=given.wallTime,
    )
    return Invocation(event, request.method[:20], request.url[:2000], given.logs, given.exceptions)
