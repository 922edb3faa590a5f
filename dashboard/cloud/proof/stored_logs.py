"""The `telemetry/query` that finds a request by its id, and its answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.cloud.proof.evidence import StoredLog

AROUND = timedelta(minutes=5)
"""Clocks differ, and logs are indexed by the time they arrive."""


def query_of(ray: str, sent_at: datetime) -> dict[str, Any]:
    """One filter: the request id is the ray without its place."""
    since, until = sent_at - AROUND, sent_at + AROUND
    request_id = {"key": "$metadata.requestId", "operation": "eq", "type": "string", "value": ray}
    return {
        "queryId": "sluice-request",
        "view": "events",
        "limit": 50,
        "timeframe": {
            "from": int(since.timestamp() * 1000),
            "to": int(until.timestamp() * 1000),
        },
        "parameters": {"datasets": ["cloudflare-workers"], "filters": [request_id]},
    }


def logs_of(ray: str, result: Mapping[str, Any]) -> tuple[StoredLog, ...]:
    """Invocations among the events. Raises KeyError, TypeError or AttributeError for another
    shape."""
    events = result["events"]["events"]
    logs = [_log(ray, event) for event in events if event["$metadata"].get("requestId") == ray]
    return tuple(log for log in logs if log.version_id)


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A stored invocation with its console lines, (level, text) each."""

    log: StoredLog
    at: datetime
    method: str
    url: str
    lines: tuple[tuple[str, str], ...] = ()


def requests_query(worker: str, since: datetime, until: datetime, limit: int) -> dict[str, Any]:
    """Events of one Worker, newest first."""
    of_worker = {
        "key": "$workers.scriptName",
        "operation": "eq",
        "type": "string",
        "value": worker,
    }
    return {
        "queryId": "sluice-requests",
        "view": "events",
        "limit": limit,
        "timeframe": {
            "from": int(since.timestamp() * 1000),
            "to": int(until.timestamp() * 1000),
        },
        "parameters": {"datasets": ["cloudflare-workers"], "filters": [of_worker]},
    }


def requests_of(result: Mapping[str, Any]) -> tuple[StoredRequest, ...]:
    """Newest first. Raises KeyError, TypeError, ValueError or AttributeError for another shape."""
    lines: dict[str, list[tuple[str, str]]] = {}
    requests: dict[str, Mapping[str, Any]] = {}
    for event in result["events"]["events"]:
        metadata = event["$metadata"]
        ray = str(metadata.get("requestId") or "")
        if metadata.get("type") == "cf-worker":
            line = (str(metadata.get("level", "log")), str(metadata.get("message", ""))[:2000])
            lines.setdefault(ray, []).append(line)
        elif ray:
            requests.setdefault(ray, event)
    return tuple(_request(ray, event, tuple(lines.get(ray, ()))) for ray, event in requests.items())


def _request(
    ray: str, event: Mapping[str, Any], lines: tuple[tuple[str, str], ...]
) -> StoredRequest:
    request = ((event.get("$workers") or {}).get("event") or {}).get("request") or {}
    at = datetime.fromtimestamp(float(event["timestamp"]) / 1000, UTC)
    url = str(request.get("url") or request.get("path") or "")
    return StoredRequest(_log(ray, event), at, str(request.get("method") or ""), url[:2000], lines)


def _log(ray: str, event: Mapping[str, Any]) -> StoredLog:
    workers = event.get("$workers") or {}
    version = workers.get("scriptVersion") or {}
    response = (workers.get("event") or {}).get("response") or {}
    status, wall = response.get("status"), workers.get("wallTimeMs")
    return StoredLog(
        ray=ray,
        worker=str(workers.get("scriptName") or ""),
        version_id=str(version.get("id") or ""),
        outcome=str(workers.get("outcome") or ""),
        status=int(status) if status is not None else None,
        wall_ms=float(wall) if wall is not None else None,
    )
