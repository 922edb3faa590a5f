"""Turns access-log lines into rows for the control plane; a sample when it is busy. Pure.

Every line is counted as well (`request_counts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.agent.access_log.log_line import Line, Meaning, meaning, parse
from routing.agent.access_log.request_counts import Tally
from routing.agent.access_log.step_counts import StepTally
from routing.compile import names
from routing.snapshot import CountSpec

_WATCHED_ROOM = 10
NO_SPECS: Mapping[str, CountSpec] = {}
_EARLY_SECONDS = 1.0
"""How long after the request's start the agent may notice it."""

ColdStart = tuple[float, float]
"""When the request came that found no process, and when the version was ready. In seconds."""
ColdStarts = Callable[[str], ColdStart | None]
"""Version id → its last cold start."""


@dataclass(slots=True)
class Rows:
    """`lost` counts malformed lines, `versions` are those that answered."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    sampled_out: int = 0
    lost: int = 0
    tally: Tally = field(default_factory=Tally)
    steps: StepTally = field(default_factory=StepTally)
    versions: set[str] = field(default_factory=set)

    def add(self, other: Rows) -> None:
        """Adds the rows of another listener's log."""
        self.rows += other.rows
        self.versions |= other.versions
        self.sampled_out += other.sampled_out
        self.lost += other.lost
        self.tally.join(other.tally)
        self.steps.join(other.steps)


class Sampler:
    """Admits `per_second` ordinary requests of each second, and as many with an override, by the
    time in the line: a log that is read late is not thinned more."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._taken: dict[tuple[int, bool], int] = {}
        #: Workers that someone is viewing get ten times the budget.
        self.watched: frozenset[str] = frozenset()

    def takes(self, started_on: float, worker: str = "", *, has_override: bool = False) -> bool:
        second = (int(started_on), has_override)
        taken = self._taken.get(second, 0)
        room = self._per_second * (_WATCHED_ROOM if worker in self.watched else 1)
        if taken >= room:
            return False
        self._taken[second] = taken + 1
        while len(self._taken) > 120:
            del self._taken[min(self._taken)]
        return True


def read(
    lines: Iterable[bytes],
    sampler: Sampler,
    specs: Mapping[str, CountSpec] = NO_SPECS,
    cold_starts: ColdStarts = lambda version_id: None,
) -> Rows:
    """Rows for requests that a Worker's route answered, without RPC connections. `specs` selects
    deployments of rollouts, which are counted by step as well."""
    found = Rows()
    for raw in lines:
        parsed = parse(raw)
        if parsed is None:
            found.lost += 1
            continue
        line, started_on = parsed
        found.tally.add(line, started_on)
        found.versions.add(names.parse_cluster(line.version or "")[0])
        meant = meaning(line.route, line.outcome)
        if not meant.worker or meant.is_rpc:
            continue
        if spec := specs.get(line.deployment or ""):
            found.steps.add(line, meant, started_on, spec)
        has_override = meant.override != "absent"
        if line.listener == "proof" or sampler.takes(
            started_on, meant.worker, has_override=has_override
        ):
            row = _row(line, meant, started_on)
            if waited_us := _cold_start_us(cold_starts(row["version_id"]), line, started_on):
                row["cold_start_us"] = waited_us
            found.rows.append(row)
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


def _cold_start_us(cold_start: ColdStart | None, line: Line, started_on: float) -> int:
    """How long the request waited for its version's process; 0 if it did not."""
    if cold_start is None:
        return 0
    called_at, ready_at = cold_start
    ended_at = started_on + line.duration_us / 1_000_000
    waited = called_at - _EARLY_SECONDS <= started_on < ready_at and ended_at >= called_at
    # The agent may notice that the version is ready after its first answer.
    return round((min(ready_at, ended_at) - started_on) * 1_000_000) if waited else 0
