"""Access-log lines become rows for the control plane; when it is busy, a sample of them. Pure.

Every line is counted, too (`tally`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.agent.access_log.log_line import Line, Meaning, meaning, parse
from routing.agent.access_log.request_counts import Tally
from routing.agent.access_log.step_counts import StepTally
from routing.compile import names
from routing.snapshot import CountSpec

_WATCHED_ROOM = 10
NO_SPECS: Mapping[str, CountSpec] = {}


@dataclass(slots=True)
class Rows:
    """What a piece of log became. `lost` are lines that cannot be read."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    sampled_out: int = 0
    lost: int = 0
    tally: Tally = field(default_factory=Tally)
    steps: StepTally = field(default_factory=StepTally)

    def add(self, other: Rows) -> None:
        """Joins what came from another listener's log."""
        self.rows += other.rows
        self.sampled_out += other.sampled_out
        self.lost += other.lost
        self.tally.join(other.tally)
        self.steps.join(other.steps)


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


def read(
    lines: Iterable[bytes], sampler: Sampler, specs: Mapping[str, CountSpec] = NO_SPECS
) -> Rows:
    """The rows in `lines`: requests that a Worker's route answered, RPC connections left out.
    Deployments of a rollout are counted by `specs`, too."""
    found = Rows()
    for raw in lines:
        parsed = parse(raw)
        if parsed is None:
            found.lost += 1
            continue
        line, started_on = parsed
        found.tally.add(line, started_on)
        meant = meaning(line.route, line.outcome)
        if not meant.worker or meant.is_rpc:
            continue
        if spec := specs.get(line.deployment or ""):
            found.steps.add(line, meant, started_on, spec)
        always = line.listener == "proof" or meant.override != "absent"
        if always or sampler.takes(started_on, meant.worker):
            found.rows.append(_row(line, meant, started_on))
        else:
            found.sampled_out += 1
    return found


def _row(line: Line, meant: Meaning, started_on: float) -> dict[str, Any]:
    flags = line.flags or ""
    return {
        "request_id": line.line,
        "ray": names.parse_ray(line.ray),
        "hop": line.listener,
        "worker": meant.worker,
        "version_id": names.parse_cluster(line.version or "")[0],
        "deployment_id": line.deployment or "",
        "reason": meant.reason,
        "override": meant.override,
        "method": line.method or "",
        "host": line.host or "",
        "path": line.path or "",
        "status": line.status,
        "flags": "" if flags == "-" else flags,
        "started_on": started_on,
        "duration_us": line.duration_us,
        "caller": line.caller or "",
    }
