"""The Worker that delivers cron and queue events to a version's code, in the same process.

Its socket is the agent's alone: Envoy has no cluster for it, so no header of a request leads there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.compile import names

_Object = dict[str, Any]


def events_service(worker: Mapping[str, Any]) -> _Object:
    """`worker` runs `runtime/events.js`."""
    flags = {"compatibilityFlags": ["service_binding_extra_handlers"]}
    main = {"name": "MAIN", "service": {"name": "main"}}
    return {"name": names.EVENTS, "worker": {**worker, **flags, "bindings": [main]}}


def events_socket() -> _Object:
    return {"name": names.EVENTS, "http": {}, "service": {"name": names.EVENTS}}
