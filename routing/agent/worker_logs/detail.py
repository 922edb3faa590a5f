"""Converts an entry of runtime/tail.js for the control plane: limited, redacted. Pure.

A detail is `{"id", "worker", "version_id", "ray", "entrypoint", "rpc_method", "trigger" ("cron",
"queue", "alarm", "tail" or ""), "trigger_name" (expression, queue, class, Worker), "scheduled_at"
(seconds), "method", "path", "outcome", "started_on" (seconds), "wall_ms", "logs": [{"level",
"message": [...], "timestamp"}], "exceptions": [{"name", "message", "stack", "timestamp"}],
"truncated", "keep"}` and, while someone is viewing the Worker, `"event"`: the request as `wrangler
tail` prints it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from routing.agent.worker_logs import redact
from routing.agent.worker_logs.redact import Masks
from routing.compile import names


class _Item(msgspec.Struct, rename="camel"):
    """Workers choose what they print: any JSON is accepted and checked later."""

    event_timestamp: float | None = None
    end: float = 0
    outcome: str = "unknown"
    entrypoint: str | None = None
    truncated: bool = False
    event: dict[str, Any] | None = None
    logs: list[dict[str, Any]] = []
    exceptions: list[dict[str, Any]] = []


_PLAIN_EVENT_FIELDS = ("rpcMethod", "cron", "scheduledTime", "queue", "batchSize", "consumedEvents")
_decoder = msgspec.json.Decoder(_Item)


@dataclass(frozen=True, slots=True)
class Source:
    worker: str
    version_id: str
    masks: Masks


def detail(raw: bytes, source: Source, *, item_id: str, watched: bool) -> dict[str, Any]:
    """One line of tail.js. Raises `ValueError` if it is malformed."""
    item = _decode(raw)
    event = item.event or {}
    request = event.get("request") or {}
    logs, cut = _logs(item.logs, source.masks)
    exceptions = [_exception(e, source.masks) for e in item.exceptions[: redact.EXCEPTIONS]]
    started = item.event_timestamp if item.event_timestamp is not None else item.end
    found = {
        "id": item_id,
        "worker": source.worker,
        "version_id": source.version_id,
        "ray": names.parse_ray(str((request.get("headers") or {}).get("cf-ray", ""))),
        "entrypoint": item.entrypoint or "",
        "rpc_method": str(event.get("rpcMethod") or ""),
        **_trigger(event, item.entrypoint or ""),
        "method": str(request.get("method") or ""),
        "path": urlsplit(str(request.get("url") or "")).path,
        "outcome": _outcome(item, request, event),
        "started_on": started / 1000,
        "wall_ms": max(0, round(item.end - started)),
        "logs": logs,
        "exceptions": exceptions,
        "truncated": item.truncated or cut or len(item.exceptions) > len(exceptions),
    }
    found["keep"] = keeps(found)
    return found | ({"event": _event(event, request, source.masks)} if watched else {})


def _decode(raw: bytes) -> _Item:
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Only JavaScript accepts half a surrogate pair.
        text = json.dumps(json.loads(raw), ensure_ascii=False)
        return _decoder.decode(text.encode("utf-8", "replace"))


def keeps(found: dict[str, Any]) -> bool:
    """Does it contain more than the access log?"""
    speaks = found["logs"] or found["exceptions"] or found["rpc_method"] or found["trigger"]
    return bool(speaks) or found["outcome"] not in ("ok", "canceled")


def _trigger(event: dict[str, Any], entrypoint: str) -> dict[str, Any]:
    """Of an event that is no request. An alarm's name is the class of its object."""
    if "consumedEvents" in event:
        producers = [str(e.get("scriptName") or "") for e in event["consumedEvents"] or ()]
        return {"trigger": "tail", "trigger_name": ", ".join(producers), "scheduled_at": 0}
    name = {"cron": event.get("cron"), "alarm": entrypoint, "queue": event.get("queue")}
    kind = next((kind for kind in name if kind in event), "")
    at = event.get("scheduledTime") if kind in ("cron", "alarm") else 0
    return {
        "trigger": kind,
        "trigger_name": str(name[kind]) if kind else "",
        "scheduled_at": at / 1000 if isinstance(at, int | float) else 0,
    }


def _outcome(item: _Item, request: dict[str, Any], event: dict[str, Any]) -> str:
    """workerd says `ok` when the client left before there was a response."""
    left = request and event.get("response") is None and not item.exceptions
    return "canceled" if item.outcome == "ok" and left else item.outcome[:32]


def _logs(given: list[dict[str, Any]], masks: Masks) -> tuple[list[dict[str, Any]], bool]:
    """Limits lines and characters; returns whether any were cut."""
    kept: list[dict[str, Any]] = []
    room, cut = redact.ALL_CHARS, len(given) > redact.LINES
    for line in given[: redact.LINES]:
        message = line.get("message")
        parts = masks.value(message if isinstance(message, list) else [message])
        size = len(json.dumps(parts))
        if size > min(room, redact.LINE_CHARS):
            cut = True
            parts = [json.dumps(parts)[: min(room, redact.LINE_CHARS)] + "…"] if room > 0 else []
        if parts:
            kept.append({**_stamp(line), "level": str(line.get("level", "log")), "message": parts})
        room -= min(size, redact.LINE_CHARS)
    return kept, cut


def _exception(given: dict[str, Any], masks: Masks) -> dict[str, Any]:
    texts = {key: masks.text(str(given.get(key) or "")) for key in ("name", "message", "stack")}
    sizes = {"name": 256, "message": redact.LINE_CHARS, "stack": redact.STACK_CHARS}
    return {**{key: texts[key][: sizes[key]] for key in texts}, **_stamp(given)}


def _stamp(given: dict[str, Any]) -> dict[str, Any]:
    when = given.get("timestamp")
    return {"timestamp": when if isinstance(when, int | float) else 0}


def _event(event: dict[str, Any], request: dict[str, Any], masks: Masks) -> dict[str, Any]:
    if not request:
        return {k: v for k, v in event.items() if k in _PLAIN_EVENT_FIELDS}
    shown = {
        "url": masks.text(redact.url(str(request.get("url", "")))),
        "method": str(request.get("method", "")),
        "headers": redact.headers(request.get("headers") or {}),
        "cf": request.get("cf") or {},
    }
    response = event.get("response")
    return {"request": shown, **({"response": response} if response is not None else {})}
