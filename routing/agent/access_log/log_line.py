"""One line of Envoy's access log (`routing.compile.envoy.access_log` writes the fields). Pure."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from routing.compile import names


class Line(msgspec.Struct):
    """A request, as Envoy logged it when it ended. `ts` is when it came, in seconds; `typed` is the
    first letter of the answer's content type, None where it has none."""

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
        """What tells one caller from another: the version key, else the address. None where neither
        is known: inside the edge, or behind a proxy on this machine."""
        if self.key:
            return self.key
        return None if self.listener == "internal" or self.client in _HERE else self.client

    @property
    def duration_us(self) -> int:
        """Microseconds; only milliseconds are known of a request whose client left."""
        return self.us if self.us is not None else 1000 * (self.ms or 0)


class Meaning(msgspec.Struct, frozen=True):
    """What a route's name and the decide service's outcome say together."""

    worker: str
    kind: str
    reason: str
    override: str

    @property
    def is_rpc(self) -> bool:
        """A connection that carries many calls, and therefore no request."""
        return self.kind == names.RPC


_HERE = frozenset(("127.0.0.1", "::1"))

_decoder = msgspec.json.Decoder(Line)


def parse(raw: bytes) -> tuple[Line, float] | None:
    """The line and when its request came (seconds); None if it cannot be read."""
    try:
        line = _decoder.decode(raw)
        if line.preview:  # all previews share one route, which belongs to no Worker
            line.route = names.route(line.preview, names.PREVIEW)
        return line, float(line.ts)
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def meaning(route: str | None, outcome: str | None) -> Meaning:
    """There are few routes and many lines, so each is taken apart once."""
    worker, kind = names.parse_route(route or "")
    return Meaning(worker, kind, names.reason(kind), names.override_outcome(kind, outcome))
