"""An invocation as a record of `workers_trace_events`.

https://developers.cloudflare.com/logs/logpush/logpush-job/datasets/account/workers_trace_events/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from dashboard.exports.jobs.options import Options
from routing.models import Invocation, InvocationDetail, Version, Worker

Json = dict[str, Any]
Key: TypeAlias = tuple[int, str, str]
_RAYS = 500


def records(
    invocations: Iterable[Invocation], options: Options
) -> Iterator[tuple[Invocation, Json]]:
    """Each invocation with its whole record; versions are looked up once for all."""
    rows = list(invocations)
    versions, details = _versions({row.version_id for row in rows}), _details(rows)
    tags = _tags({row.worker for row in rows})
    for row in rows:
        record = _record(row, versions.get(row.version_id), options)
        record["ScriptTags"] = tags.get(row.worker, [])
        said = details.get((row.edge_id, row.ray, row.version_id), [])
        if said:
            record |= _said(min(said, key=lambda d: abs(d.started_on - row.started_on)))
        yield row, record


def _record(row: Invocation, version: Mapping[str, Any] | None, options: Options) -> Json:
    return {
        "DispatchNamespace": "",
        "Entrypoint": "",
        "Event": {
            "RayID": row.ray,
            "Request": {"Method": row.method, "URL": f"http://{row.host}{row.path}"},
            "Response": {"Status": row.status},
        },
        "EventTimestampMs": round(row.started_on.timestamp() * 1000),
        "EventType": "fetch",
        "Exceptions": [],
        "Logs": [],
        "Outcome": outcome(row),
        "ScriptName": row.worker,
        "ScriptTags": [],
        "ScriptVersion": version or ({"id": row.version_id} if row.version_id else None),
        "CPUTimeMs": None,
        "WallTimeMs": row.duration_us // 1000,
        "Sluice": {
            "Deployment": row.deployment_id,
            "Edge": row.edge.name,
            "Reason": row.reason,
            "Override": row.override,
            "Caller": row.caller,
            "Flags": row.flags,
            "RequestID": row.request_id,
            "DurationUs": row.duration_us,
            "Timestamp": options.stamp(row.started_on),
        },
    }


def _said(detail: InvocationDetail) -> Json:
    """Log lines and exceptions of the Worker, where the edge stored them."""
    return {
        "Entrypoint": detail.entrypoint,
        "Outcome": detail.outcome,
        "WallTimeMs": detail.wall_ms,
        "Logs": [_renamed(line) for line in detail.logs],
        "Exceptions": [_renamed(error) for error in detail.exceptions],
    }


def _renamed(entry: Mapping[str, Any]) -> Json:
    """`level` is `Level` here, and `timestamp`, in milliseconds, `TimestampMs`."""
    return {
        "TimestampMs" if key == "timestamp" else key[:1].upper() + key[1:]: value
        for key, value in entry.items()
    }


def outcome(row: Invocation) -> str:
    """As far as the edge's log tells: DC is a client that left; other flags mean no answer came."""
    if not row.flags:
        return "ok"
    return "canceled" if row.flags == "DC" else "unknown"


def _details(rows: list[Invocation]) -> dict[Key, list[InvocationDetail]]:
    """Details by edge, ray and version: one request may call the same version several times."""
    by_request: defaultdict[Key, list[InvocationDetail]] = defaultdict(list)
    rays = sorted({row.ray for row in rows if row.ray})
    for start in range(0, len(rays), _RAYS):
        some = InvocationDetail.objects.filter(ray__in=rays[start : start + _RAYS], rpc_method="")
        for detail in some:
            by_request[detail.edge_id, detail.ray, detail.version_id].append(detail)
    return by_request


def _versions(ids: set[str]) -> dict[str, Json]:
    rows = Version.objects.filter(id__in=[UUID(i) for i in ids if _is_uuid(i)])
    return {
        str(pk): {"id": str(pk), "tag": tag, "message": message}
        for pk, tag, message in rows.values_list("id", "tag", "message")
    }


def _tags(names: set[str]) -> dict[str, list[str]]:
    rows = Worker.objects.filter(name__in=names).values_list("name", "settings")
    return {name: list(held.get("tags") or []) for name, held in rows}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
