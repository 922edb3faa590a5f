"""Invocations as OpenTelemetry spans, in OTLP's JSON: a plain document, so no library is needed.

One trace for each ray: a request and the calls that its Worker made to other Workers.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from routing.models import Invocation

Json = dict[str, Any]
SERVER = 2
ERROR = 2
_RAYS = 500


def lines(invocations: Iterable[Invocation]) -> Iterator[tuple[Invocation, bytes]]:
    """Each invocation with its `resourceSpans` entry."""
    rows = list(invocations)
    hops = _hops({row.ray for row in rows if row.ray})
    for row in rows:
        parent = _parent(row, hops[row.ray])
        trace = row.request_id if _is_stranger(row, parent, hops[row.ray]) else row.ray
        yield row, msgspec.json.encode(_resource_span(row, parent, trace or row.request_id))


def document(entries: Iterable[bytes]) -> bytes:
    """The request's body for these entries."""
    return b'{"resourceSpans":[' + b",".join(entries) + b"]}"


def _hops(rays: set[str]) -> defaultdict[str, list[Invocation]]:
    """Every hop of these rays: a caller may have gone with an earlier batch, or go with a later."""
    by_ray: defaultdict[str, list[Invocation]] = defaultdict(list)
    listed = sorted(rays)
    for start in range(0, len(listed), _RAYS):
        for row in Invocation.objects.filter(ray__in=listed[start : start + _RAYS]).order_by("id"):
            by_ray[row.ray].append(row)
    return by_ray


def _parent(row: Invocation, hops: list[Invocation]) -> Invocation | None:
    """The hop of the calling version that had begun when this one did; the latest of several."""
    if not row.caller:
        return None
    callers = [
        hop
        for hop in hops
        if hop.version_id == row.caller and hop.pk != row.pk and hop.started_on <= row.started_on
    ]
    return max(callers, key=lambda hop: hop.started_on, default=None)


def _is_stranger(row: Invocation, parent: Invocation | None, hops: list[Invocation]) -> bool:
    """Whether the call carries the ray of a request that its caller did not answer. A Worker may
    send any ray."""
    return bool(row.caller) and parent is None and any(not hop.caller for hop in hops)


def _resource_span(row: Invocation, parent: Invocation | None, trace: str) -> Json:
    resource = {"service.name": row.worker, "service.version": row.version_id}
    return {
        "resource": {"attributes": _attributes(resource)},
        "scopeSpans": [{"scope": {"name": "sluice"}, "spans": [_span(row, parent, trace)]}],
    }


def _span(row: Invocation, parent: Invocation | None, trace: str) -> Json:
    start = _nanoseconds(row.started_on)
    return {
        "traceId": _id(trace, 16),
        "spanId": _id(row.request_id, 8),
        "parentSpanId": _id(parent.request_id, 8) if parent else "",
        "name": f"{row.method} {row.worker}",
        "kind": SERVER,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + row.duration_us * 1000),
        "attributes": _attributes(
            {
                "http.request.method": row.method,
                "http.response.status_code": row.status,
                "server.address": row.host,
                "url.path": row.path.partition("?")[0],
                "sluice.ray": row.ray,
                "sluice.deployment": row.deployment_id,
                "sluice.edge": row.edge.name,
                "sluice.hop": row.hop,
                "sluice.reason": row.reason,
                "sluice.override": row.override,
            }
        ),
        "status": {"code": ERROR} if row.status >= 500 else {},
    }


def _attributes(values: Mapping[str, str | int]) -> list[Json]:
    """OTLP's JSON has 64-bit integers as text."""
    return [
        {"key": k, "value": {"intValue": str(v)} if isinstance(v, int) else {"stringValue": v}}
        for k, v in values.items()
    ]


def _id(text: str, size: int) -> str:
    """An id of `size` bytes in hex; the same for the same text, so a retry makes no new spans."""
    return hashlib.blake2s(text.encode(), digest_size=size).hexdigest()


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000) * 1000
