"""Rate limiting bindings: a process of the edge that counts, and how versions reach it.

Counts are by `namespace_id`, so versions and Workers that name the same one share them. Without the
process every request is within the limit (`runtime/rate_limit.js`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.compile.workerd.modules import VersionInvalid
from routing.compile.workerd.own_workers import header_value, own_worker
from routing.compile.workerd.services import external
from routing.snapshot import BindingSpec

TYPE = "ratelimit"
"""As uploads spell the type of binding."""
SOCKET = "rate-limits"
"""workerd's name for the process's one socket."""
HEADER = "x-sluice-rate-limit"
"""`<namespace_id>:<HMAC-SHA256>`; workerd sets it, so that code reaches its own namespaces only."""
MODULE = "edge:rate-limit"
FIELDS = ("namespace_id", "simple")
PERIODS = (10, 60)
"""Seconds."""

_NAMESPACE = re.compile(r"[1-9][0-9]{0,18}")
_TEXT = re.compile(r"(\S+)\s+([0-9]+)\s*/\s*([0-9]+)\s*s?")
_Object = dict[str, Any]


def process_config(key: bytes, megabytes: int, runtime: Mapping[str, str]) -> _Object:
    """For `workerd serve`; it counts in `megabytes` at most."""
    bindings = [
        {"name": "KEY", "text": key.hex()},
        {"name": "MOST_BYTES", "text": str(megabytes << 20)},
    ]
    worker = own_worker("rate_limits_store.js", runtime, "capability.js")
    return {
        "services": [
            {"name": SOCKET, "worker": {**worker, "bindings": bindings}},
            {"name": "nowhere", "network": {"allow": []}},
        ],
        "sockets": [{"name": SOCKET, "http": {}, "service": {"name": SOCKET}}],
        "logging": {"structuredLogging": True},
    }


def bind_rate_limit(binding: BindingSpec, key: bytes | None) -> tuple[_Object, list[_Object]]:
    """The binding, and the service that it needs. Raises `VersionInvalid`. Without `key`, as in an
    inspection, there is no process behind it."""
    if problem := problem_of(binding.options):
        raise VersionInvalid("binding", f'Binding "{binding.name}": {problem}.')
    options = binding.options
    service = f"rate-limit:{binding.name}"
    header = header_value(str(options["namespace_id"]), key) if key else ""
    http = {"injectRequestHeaders": [{"name": HEADER, "value": header}]}
    inner = [
        {"name": "fetcher", "service": {"name": service}},
        {"name": "limit", "text": str(options["simple"]["limit"])},
        {"name": "period", "text": str(options["simple"]["period"])},
    ]
    wrapped = {"moduleName": MODULE, "innerBindings": inner}
    return {"name": binding.name, "wrapped": wrapped}, [
        external(service, names.RATE_LIMITS_SOCKET, http)
    ]


def problem_of(options: Mapping[str, Any]) -> str:
    """What is wrong with the options of a binding; "" if nothing is."""
    if not _NAMESPACE.fullmatch(str(options.get("namespace_id", ""))):
        return "namespace_id must be a positive integer, as text"
    simple = options.get("simple")
    if not isinstance(simple, Mapping):
        return "simple must have limit and period"
    limit, period = simple.get("limit"), simple.get("period")
    if type(limit) is not int or not 0 < limit <= 2**31:
        return "simple.limit must be a positive integer"
    if type(period) is not int or period not in PERIODS:
        return "simple.period must be 10 or 60"
    return ""


def as_text(options: Mapping[str, Any]) -> str:
    """As pages show and edit it: `1001 100/60s`."""
    simple = options.get("simple") or {}
    return f"{options.get('namespace_id')} {simple.get('limit')}/{simple.get('period')}s"


def from_text(text: str) -> _Object:
    """The options that `as_text` shows. Text of another shape gives options with a problem."""
    match = _TEXT.fullmatch(text.strip())
    if not match:
        return {"namespace_id": text.strip()}
    simple = {"limit": int(match[2]), "period": int(match[3])}
    return {"namespace_id": match[1], "simple": simple}
