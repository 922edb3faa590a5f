"""The Cache API: a process of the edge that stores responses, and how versions reach it.

Without the process every match misses (`runtime/cache.js`).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from routing.compile import names
from routing.compile.workerd.services import external

SOCKET = "cache"
"""workerd's name for the process's one socket."""
HEADER = "x-sluice-cache"
"""`<worker>:<HMAC-SHA256>`; workerd sets it, so that code reaches its own Worker's entries only."""

_PROCESS = "cache-process"
_Object = dict[str, Any]


def process_config(key: bytes, megabytes: int, ours: _Object) -> _Object:
    """For `workerd serve`. `ours` is the Worker `cache_store.js`; it stores `megabytes` at most."""
    bindings = [
        {"name": "KEY", "text": key.hex()},
        {"name": "MOST_BYTES", "text": str(megabytes << 20)},
    ]
    return {
        "services": [
            {"name": SOCKET, "worker": {**ours, "bindings": bindings}},
            {"name": "nowhere", "network": {"allow": []}},
        ],
        "sockets": [{"name": SOCKET, "http": {"style": "proxy"}, "service": {"name": SOCKET}}],
        "logging": {"structuredLogging": True},
    }


def cache_services(worker: str, key: bytes | None, ours: _Object) -> list[_Object]:
    """The service `cache` of a version's process. `ours` is the Worker `cache.js`; without `key`
    there is no process behind it."""
    if key is None:
        return [{"name": "cache", "worker": ours}]
    headers = [{"name": HEADER, "value": header_value(worker, key)}]
    http = {"style": "proxy", "injectRequestHeaders": headers}
    bindings = [{"name": "CACHE", "service": {"name": _PROCESS}}]
    return [
        {"name": "cache", "worker": {**ours, "bindings": bindings}},
        external(_PROCESS, names.CACHE_SOCKET, http),
    ]


def header_value(worker: str, key: bytes) -> str:
    return f"{worker}:{hmac.new(key, worker.encode(), hashlib.sha256).hexdigest()}"
