"""Stored requests and console lines as events of Workers Observability.

An event is flat, `$workers.scriptVersion.id` and so on, as filters and groups name its fields.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from dashboard.api.analytics.telemetry_filters import Event, operation_of, text_of
from dashboard.api.analytics.telemetry_schemas import Filter
from routing.agent.access_log.request_counts import NO_TRAFFIC
from routing.models import Invocation, InvocationDetail, InvocationQuerySet

DATASET = "cloudflare-workers"
MOST = 20_000
"""Requests that are read for one query. Of more, calculations use a sample."""
_COLUMNS = {
    "$workers.scriptName": "worker",
    "$metadata.service": "worker",
    "$workers.scriptVersion.id": "version_id",
    "$workers.event.response.status": "status",
    "$metadata.statusCode": "status",
}
_DETAILS_AROUND = timedelta(seconds=60)
Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """Events, newest first. Each stands for `sample_interval`; `rows_read` were looked at."""

    events: Sequence[Event]
    sample_interval: int
    rows_read: int


def stored_events(
    since_ms: float, until_ms: float, filters: Sequence[Filter], *, sampled: bool
) -> Stored:
    """Events of requests in [since, until). `filters` that all must match narrow the query; the
    caller still matches them. Without `sampled`, only the newest `MOST` requests."""
    rows = _rows(since_ms, until_ms, filters)
    interval = 1
    if sampled:
        interval = max(1, -(-rows.count() // MOST))
        if interval > 1:
            rows = rows.annotate(place=F("id") % interval).filter(place=0)
    requests = list(rows.newest_first()[:MOST])
    details = _details(requests)
    events = [
        event
        for row in requests
        for event in _events(row, details.get((row.edge_id, row.ray, row.version_id), []))
    ]
    return Stored(events, interval, len(requests))


def nested(event: Event) -> dict[str, Any]:
    """The event as a client reads it."""
    tree: dict[str, Any] = {"dataset": DATASET, "source": {}}
    for path, value in event.items():
        *steps, last = path.split(".")
        place = tree
        for step in steps:
            place = place.setdefault(step, {})
        place[last] = value
    return tree


def _rows(since_ms: float, until_ms: float, filters: Sequence[Filter]) -> InvocationQuerySet:
    rows = Invocation.objects.filter(
        started_on__gte=_moment(since_ms), started_on__lt=_moment(until_ms)
    )
    rows = rows.exclude(worker="").exclude(reason="preview").exclude(hop__in=NO_TRAFFIC)
    for given in filters:
        if given.kind == "filter" and operation_of(given.operation) == "eq":
            rows = _narrowed(rows, given)
    return rows


def _narrowed(rows: InvocationQuerySet, given: Filter) -> InvocationQuerySet:
    text = text_of(given.value)
    if given.key in ("$metadata.requestId", "$workers.requestId"):
        return rows.filter(ray__startswith=f"{text}-") if text.isalnum() else rows.none()
    column = _COLUMNS.get(given.key)
    if column == "status" and not text.isdecimal():
        return rows.none()
    return rows.filter(**{column: text}) if column else rows


def _details(requests: Sequence[Invocation]) -> dict[Key, list[InvocationDetail]]:
    """Console lines and exceptions by edge, ray and version; one query."""
    found: defaultdict[Key, list[InvocationDetail]] = defaultdict(list)
    if requests:
        rows: QuerySet[InvocationDetail] = InvocationDetail.objects.filter(
            started_on__gte=requests[-1].started_on - _DETAILS_AROUND,
            started_on__lte=requests[0].started_on + _DETAILS_AROUND,
            worker__in={row.worker for row in requests},
            rpc_method="",
        )
        for detail in rows.order_by("-started_on")[:MOST]:
            found[detail.edge_id, detail.ray, detail.version_id].append(detail)
    return found


def _events(row: Invocation, details: Sequence[InvocationDetail]) -> Iterator[Event]:
    """The request, then its console lines."""
    detail = min(details, key=lambda d: abs(d.started_on - row.started_on), default=None)
    request = _request_event(row, detail)
    yield request
    for number, line in enumerate(detail.logs if detail else ()):
        text = " ".join(str(part) for part in line.get("message", ()))[:2000]
        yield {
            **{key: request[key] for key in _SHARED if key in request},
            "timestamp": line.get("timestamp", request["timestamp"]),
            "$metadata.id": f"{request['$metadata.id']}-{number}",
            "$metadata.type": "cf-worker",
            "$metadata.level": line.get("level", "log"),
            "$metadata.message": text,
            "source.message": text,
        }


_SHARED = (
    *("$metadata.requestId", "$metadata.service", "$workers.scriptName", "$workers.requestId"),
    *("$workers.scriptVersion.id", "$workers.eventType", "$workers.outcome"),
)


def _request_event(row: Invocation, detail: InvocationDetail | None) -> dict[str, Any]:
    request_id = row.ray.partition("-")[0]
    failed = row.status >= 500 or bool(detail and detail.exceptions)
    trigger = f"{row.method} {row.path.partition('?')[0]}"
    event: dict[str, Any] = {
        "timestamp": int(row.started_on.timestamp() * 1000),
        "$metadata.id": str(row.pk),
        "$metadata.type": "cf-worker-event",
        "$metadata.requestId": request_id,
        "$metadata.rayId": request_id,
        "$metadata.service": row.worker,
        "$metadata.trigger": trigger,
        "$metadata.message": trigger,
        "$metadata.level": "error" if failed else "info",
        "$metadata.statusCode": row.status,
        "$workers.scriptName": row.worker,
        "$workers.requestId": request_id,
        "$workers.eventType": "fetch",
        "$workers.executionModel": "stateless",
        "$workers.outcome": _outcome(row, detail),
        "$workers.wallTimeMs": row.duration_us // 1000,
        "$workers.cpuTimeMs": 0,
        "$workers.truncated": bool(detail and detail.truncated),
        "$workers.event.rayId": request_id,
        "$workers.event.request.method": row.method,
        "$workers.event.request.path": row.path,
        "$workers.event.request.url": f"http://{row.host}{row.path}",
        "$workers.event.response.status": row.status,
    }
    if row.version_id:
        event["$workers.scriptVersion.id"] = row.version_id
    if detail and detail.exceptions:
        event["$metadata.error"] = str(detail.exceptions[0].get("message", ""))[:2000]
    return event


def _outcome(row: Invocation, detail: InvocationDetail | None) -> str:
    if detail is not None:
        return detail.outcome
    if not row.flags.strip("-"):
        return "ok"
    return "canceled" if row.flags == "DC" else "unknown"


def _moment(milliseconds: float) -> datetime:
    """Clamped to what databases store."""
    return datetime.fromtimestamp(min(max(milliseconds / 1000, 0), 32_503_680_000), UTC)
