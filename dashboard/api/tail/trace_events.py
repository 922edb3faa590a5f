"""Events of `wrangler tail`, and its filters. Pure.

Filters as the client sends them, a list of objects of one key each; all must match:
`{"sampling_rate": 0.5}`, `{"outcome": ["ok", …]}`, `{"method": ["GET", …]}`,
`{"header": {"key": "K", "query": "V"}}`, `{"client_ip": ["self", …]}`, `{"query": "text"}`,
`{"scriptVersion": "<version id>"}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.api.tail import messages

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
"""Filters of a session, values of one filter, characters of a value. Every event of the Worker is
compared with each."""


class FilterInvalid(ValueError):
    """The message names the filter."""


@dataclass(frozen=True, slots=True)
class Filters:
    """`others` are in the order of the request."""

    sampling_rate: float = 1.0
    others: tuple[tuple[str, Any], ...] = ()
    self_ip: str = ""

    def match(self, detail: _Object, draw: float) -> bool:
        """Whether the filters let it pass. `draw` is a random number from [0, 1)."""
        return draw < self.sampling_rate and all(
            _matches(name, value, detail, self.self_ip) for name, value in self.others
        )


def parse_filters(given: Sequence[_Object], self_ip: str) -> Filters:
    """Raises `FilterInvalid`."""
    if sum(map(len, given)) > MOST_FILTERS:
        raise FilterInvalid(messages.too_many_filters(MOST_FILTERS))
    rate = 1.0
    others: list[tuple[str, Any]] = []
    for entry in given:
        for name, value in entry.items():
            if not _is_known(name, value):
                raise FilterInvalid(messages.filter_invalid(name))
            if name == "sampling_rate":
                rate = _rate(value)
            elif name == "header" and not isinstance(value.get("key"), str):
                raise FilterInvalid(messages.HEADER_FILTER_KEY)
            else:
                others.append((name, value))
    return Filters(rate, tuple(others), self_ip)


def event(detail: _Object, version: _Object) -> dict[str, Any]:
    """The message for one request. `cpuTime` is always 0: it is not measured."""
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
    """Events were dropped, by this reader or by the edge."""
    return {"message": messages.tail_samples(missed), "type": "overload"}


NOTICE_ENDS = {"message": messages.TAIL_SHOWS_ALL, "type": "overload-stop"}


def _is_known(name: str, value: Any) -> bool:
    if name not in _FILTERS or not isinstance(value, _FILTERS[name]):
        return False
    parts = [*value.values()] if isinstance(value, dict) else value
    parts = parts if isinstance(parts, list) else [parts]
    return len(parts) <= MOST_CHOICES and all(len(str(part)) <= LONGEST for part in parts)


def _rate(value: float) -> float:
    if isinstance(value, bool) or not 0 <= value <= 1:
        raise FilterInvalid(messages.SAMPLING_RATE)
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
        header = headers.get(value["key"].lower())
        return header is not None and str(value.get("query") or "").lower() in str(header).lower()
    if name == "client_ip":
        addresses = [self_ip if ip == "self" else ip for ip in value]
        return headers.get("cf-connecting-ip", "") in addresses
    if name == "query":
        return any(value in str(p) for line in detail["logs"] for p in line["message"])
    return bool(detail["version_id"] == value)
