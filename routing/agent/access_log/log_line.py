"""One line of Envoy's access log (fields: `routing.compile.envoy.access_log`). Pure."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from routing.compile import names


class Line(msgspec.Struct):
    """A finished request. `ts` is its start in seconds; `typed` is the first letter of the
    response's content type, None without one."""

    line: str
    ts: str
    listener: str
    status: int = 0
    ray: str | None = None
    method: str | None = None
    host: str | None = None
    path: str | None = None
    us: int | None = None
    ms: int | None = None
    tx: int | None = None
    version: str | None = None
    route: str | None = None
    outcome: str | None = None
    preview: str | None = None
    deployment: str | None = None
    flags: str | None = None
    caller: str | None = None
    typed: str | None = None
    key: str | None = None
    client: str | None = None

    @property
    def caller_identity(self) -> str | None:
        """The version key, else the address; None inside the edge or behind a proxy on this
        machine."""
        if self.key:
            return self.key
        return None if self.listener == "internal" or self.client in _HERE else self.client

    @property
    def duration_us(self) -> int:
        """Microseconds, rounded to milliseconds for a client that left."""
        return self.us if self.us is not None else 1000 * (self.ms or 0)


class Meaning(msgspec.Struct, frozen=True):
    """A route's name and the decide service's outcome, combined."""

    worker: str
    kind: str
    reason: str
    override: str

    @property
    def is_rpc(self) -> bool:
        """True for a connection that carries many calls, which is not a request."""
        return self.kind == names.RPC


_TAIL = f"/{names.TAIL}"
_HERE = frozenset(("127.0.0.1", "::1"))

_decoder = msgspec.json.Decoder(Line)


def parse(raw: bytes) -> tuple[Line, float] | None:
    """The line and the start of its request in seconds; None if it is malformed."""
    try:
        line = _decoder.decode(raw)
        if line.preview:  # all previews share one route, which belongs to no Worker
            line.route = names.route(line.preview, names.PREVIEW)
        elif line.version and line.version.endswith(_TAIL):  # not a request: an event
            line.route = names.route(names.parse_route(line.route or "")[0], names.RPC)
        return line, float(line.ts)
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def meaning(route: str | None, outcome: str | None) -> Meaning:
    """Cached: there are few routes and many lines."""
    worker, kind = names.parse_route(route or "")
    return Meaning(worker, kind, names.reason(kind), names.override_outcome(kind, outcome))
