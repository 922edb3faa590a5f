"""What `wrangler tail` is told of a request, and which requests it asks for. Pure.

Filters as the client sends them, a list of objects of one key each; all must match:
`{"sampling_rate": 0.5}`, `{"outcome": ["ok", …]}`, `{"method": ["GET", …]}`,
`{"header": {"key": "K", "query": "V"}}`, `{"client_ip": ["self", …]}`, `{"query": "text"}`,
`{"scriptVersion": "<version id>"}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_Object = Mapping[str, Any]
OUTCOMES = ("ok", "exception", "exceededCpu", "exceededMemory", "canceled", "unknown")
_FILTERS = {
    "sampling_rate": (int, float),
    "outcome": (list,),
    "method": (list,),
    "header": (dict,),
    "client_ip": (list,),
    "query": (str,),
    "scriptVersion": (str,),
}


MOST_FILTERS, MOST_CHOICES, LONGEST = 20, 100, 1_000
"""Filters of a session, values of one of them, and characters of a value: every event of the Worker
is compared with each."""


class FilterInvalid(ValueError):
    """The message names the filter."""


@dataclass(frozen=True, slots=True)
class Filters:
    """`others` are in the order in which the client sent them."""

    sampling_rate: float = 1.0
    others: tuple[tuple[str, Any], ...] = ()
    self_ip: str = ""

    def match(self, detail: _Object, draw: float) -> bool:
        """Whether the client wants it; `draw` is from [0, 1)."""
        return draw < self.sampling_rate and all(
            _matches(name, value, detail, self.self_ip) for name, value in self.others
        )


def parse_filters(given: Sequence[_Object], self_ip: str) -> Filters:
    """Raises `FilterInvalid`."""
    if sum(map(len, given)) > MOST_FILTERS:
        raise FilterInvalid(f"filters: at most {MOST_FILTERS} of them.")
    rate = 1.0
    others: list[tuple[str, Any]] = []
    for entry in given:
        for name, value in entry.items():
            if not _is_known(name, value):
                raise FilterInvalid(f"filters: {name[:40]!r} is unknown or not as it should be.")
            if name == "sampling_rate":
                rate = _rate(value)
            elif name == "header" and not isinstance(value.get("key"), str):
                raise FilterInvalid("filters: a header filter needs a 'key'.")
            else:
                others.append((name, value))
    return Filters(rate, tuple(others), self_ip)


def event(detail: _Object, version: _Object) -> dict[str, Any]:
    """The message for one request. CPU time is not known here and said as 0."""
    named = {"entrypoint": detail["entrypoint"]} if detail["entrypoint"] else {}
    return {
        "wallTime": detail["wall_ms"],
        "cpuTime": 0,
        "truncated": detail["truncated"],
        "executionModel": "stateless",
        "outcome": _outcome(detail["outcome"]),
        "scriptName": detail["worker"],
        "scriptVersion": dict(version),
        **named,
        "diagnosticsChannelEvents": [],
        "exceptions": detail["exceptions"],
        "logs": detail["logs"],
        "eventTimestamp": round(detail["started_on"] * 1000),
        "event": detail["event"],
    }


def notice(missed: int) -> dict[str, str]:
    """The reader is slower than the Worker, or the edge is."""
    words = f"Tail is currently in sampling mode: {missed} events were left out."
    return {"message": words, "type": "overload"}


NOTICE_ENDS = {"message": "Tail is showing every event again.", "type": "overload-stop"}


def _is_known(name: str, value: Any) -> bool:
    if name not in _FILTERS or not isinstance(value, _FILTERS[name]):
        return False
    parts = [*value.values()] if isinstance(value, dict) else value
    parts = parts if isinstance(parts, list) else [parts]
    return len(parts) <= MOST_CHOICES and all(len(str(part)) <= LONGEST for part in parts)


def _rate(value: float) -> float:
    if isinstance(value, bool) or not 0 <= value <= 1:
        raise FilterInvalid("filters: sampling_rate must be from 0 to 1.")
    return float(value)


def _outcome(outcome: str) -> str:
    return outcome if outcome in OUTCOMES else "unknown"


def _matches(name: str, value: Any, detail: _Object, self_ip: str) -> bool:
    request = (detail["event"] or {}).get("request") or {}
    headers: _Object = request.get("headers") or {}
    if name == "outcome":
        return _outcome(detail["outcome"]) in value
    if name == "method":
        return str(request.get("method", "")).upper() in [str(m).upper() for m in value]
    if name == "header":
        held = headers.get(value["key"].lower())
        return held is not None and str(value.get("query") or "").lower() in str(held).lower()
    if name == "client_ip":
        wanted = [self_ip if ip == "self" else ip for ip in value]
        return headers.get("cf-connecting-ip", "") in wanted
    if name == "query":
        return any(value in str(p) for line in detail["logs"] for p in line["message"])
    return bool(detail["version_id"] == value)
