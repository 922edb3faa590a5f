"""An invocation as a record of `workers_trace_events`.

https://developers.cloudflare.com/logs/logpush/logpush-job/datasets/account/workers_trace_events/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from dashboard.exports.options import Options
from routing.models import Invocation, Version, Worker

Json = dict[str, Any]


def records(found: Iterable[Invocation], options: Options) -> Iterator[tuple[Invocation, Json]]:
    """Each invocation with its whole record; versions are looked up once for all."""
    rows = list(found)
    versions = _versions({row.version_id for row in rows})
    tags = _tags({row.worker for row in rows})
    for row in rows:
        yield row, _record(row, versions.get(row.version_id), tags.get(row.worker, []), options)


def _record(
    row: Invocation, version: Mapping[str, Any] | None, tags: list[str], options: Options
) -> Json:
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
        "ScriptTags": tags,
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


def outcome(row: Invocation) -> str:
    """As far as the edge's log tells: DC is a client that left; other flags mean no answer came."""
    if not row.flags:
        return "ok"
    return "canceled" if row.flags == "DC" else "unknown"


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
