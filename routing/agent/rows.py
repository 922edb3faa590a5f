"""Access-log lines become rows for the control plane; when it is busy, a sample of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from routing.compile import names


class _Line(msgspec.Struct):
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
    version: str | None = None
    route: str | None = None
    outcome: str | None = None
    deployment: str | None = None
    flags: str | None = None
    caller: str | None = None


_decoder = msgspec.json.Decoder(_Line)
_WATCHED_ROOM = 10


@dataclass(slots=True)
class Rows:
    """What a piece of log became. `lost` are lines that cannot be read."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    sampled_out: int = 0
    lost: int = 0

    def add(self, other: Rows) -> None:
        """Joins what came from another listener's log."""
        self.rows += other.rows
        self.sampled_out += other.sampled_out
        self.lost += other.lost


class Sampler:
    """Lets `per_second` ordinary requests of each second pass. By the time in the line, so that a
    log that is read late is not thinned more than one that is read at once."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._taken: dict[int, int] = {}
        #: Workers that somebody is looking at: there is ten times the room for theirs.
        self.watched: frozenset[str] = frozenset()

    def takes(self, started_on: float, worker: str = "") -> bool:
        """Is there room in the second in which this request came?"""
        second = int(started_on)
        taken = self._taken.get(second, 0)
        room = self._per_second * (_WATCHED_ROOM if worker in self.watched else 1)
        if taken >= room:
            return False
        self._taken[second] = taken + 1
        while len(self._taken) > 120:
            del self._taken[min(self._taken)]
        return True


def read(lines: Iterable[bytes], sampler: Sampler) -> Rows:
    """The rows in `lines`: requests that a Worker's route answered, RPC connections left out."""
    found = Rows()
    for raw in lines:
        try:
            line = _decoder.decode(raw)
            started_on = float(line.ts)
        except (msgspec.MsgspecError, ValueError):
            found.lost += 1
            continue
        worker, kind = names.parse_route(line.route or "")
        if not worker or kind == names.RPC:
            continue
        override = names.override_outcome(kind, line.outcome)
        always = line.listener == "proof" or override != "absent"
        if always or sampler.takes(started_on, worker):
            found.rows.append(_row(line, worker, kind, override, started_on))
        else:
            found.sampled_out += 1
    return found


def _row(line: _Line, worker: str, kind: str, override: str, started_on: float) -> dict[str, Any]:
    flags = line.flags or ""
    return {
        "request_id": line.line,
        "ray": line.ray or "",
        "hop": line.listener,
        "worker": worker,
        "version_id": names.parse_cluster(line.version or "")[0],
        "deployment_id": line.deployment or "",
        "reason": names.reason(kind),
        "override": override,
        "method": line.method or "",
        "host": line.host or "",
        "path": line.path or "",
        "status": line.status,
        "flags": "" if flags == "-" else flags,
        "started_on": started_on,
        "duration_us": line.us if line.us is not None else 1000 * (line.ms or 0),
        "caller": line.caller or "",
    }
