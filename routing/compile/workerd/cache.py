"""The Cache API: a process of the edge that stores responses, and how versions reach it.

Without the process every match misses (`runtime/cache.js`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.compile.workerd.own_workers import header_value, own_worker
from routing.compile.workerd.services import external

SOCKET = "cache"
"""workerd's name for the process's one socket."""
HEADER = "x-sluice-cache"
"""`<worker>:<HMAC-SHA256>`; workerd sets it, so that code reaches its own Worker's entries only."""

_PROCESS = "cache-process"
_Object = dict[str, Any]


def process_config(key: bytes, megabytes: int, runtime: Mapping[str, str]) -> _Object:
    """For `workerd serve`; it stores `megabytes` at most."""
    bindings = [
        {"name": "KEY", "text": key.hex()},
        {"name": "MOST_BYTES", "text": str(megabytes << 20)},
    ]
    worker = own_worker("cache_store.js", runtime, "capability.js")
    return {
        "services": [
            {"name": SOCKET, "worker": {**worker, "bindings": bindings}},
            {"name": "nowhere", "network": {"allow": []}},
        ],
        "sockets": [{"name": SOCKET, "http": {"style": "proxy"}, "service": {"name": SOCKET}}],
        "logging": {"structuredLogging": True},
    }


def cache_services(worker: str, key: bytes | None, runtime: Mapping[str, str]) -> list[_Object]:
    """The service `cache` of a version's process; without `key` there is no process behind it."""
    ours = own_worker("cache.js", runtime)
    if key is None:
        return [{"name": "cache", "worker": ours}]
    headers = [{"name": HEADER, "value": header_value(worker, key)}]
    http = {"style": "proxy", "injectRequestHeaders": headers}
    bindings = [{"name": "CACHE", "service": {"name": _PROCESS}}]
    return [
        {"name": "cache", "worker": {**ours, "bindings": bindings}},
        external(_PROCESS, names.CACHE_SOCKET, http),
    ]
