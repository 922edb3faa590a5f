"""The `telemetry/query` that finds a request by its id, and its answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
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
