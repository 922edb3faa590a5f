"""Counts for a rollout's step: short blocks, and requests slower than its thresholds. Pure.

A rollout compares two versions in the same block of time. Requests with a version key are assigned
caller by caller: such a caller is one observation per block and fails at most once in it. Requests
without a key are assigned one by one, so each is an observation. Counting those by address would be
wrong: the version with the larger share gets more of a busy caller's requests, and so more chances
to fail. Overrides, previews and probes are left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from routing.agent.access_log.log_line import Line, Meaning
from routing.agent.access_log.request_counts import FAILURES, error_kind, has_crashed
from routing.compile import names
from routing.snapshot import CountSpec, Snapshot

MOST_CALLERS = 200_000
"""Callers remembered, about 20 MB. Beyond it a caller may count once in each batch."""
MOST_BLOCKS = 400
_MOST_SPECS = 1_000
_UPGRADE = 101
"""A WebSocket's duration is not a latency."""


class StepGroup(NamedTuple):
    """`start` of the block is in seconds since 1970."""

    start: int
    version_id: str
    deployment_id: str


@dataclass(slots=True)
class Tries:
    """Requests of one kind: the total, those without a key, and the callers of the others."""

    requests: int = 0
    keyless: int = 0
    callers: set[int] = field(default_factory=set)

    def add(self, caller: int | None) -> None:
        self.requests += 1
        if caller is None:
            self.keyless += 1
        else:
            self.callers.add(caller)

    def join(self, other: Tries) -> None:
        self.requests += other.requests
        self.keyless += other.keyless
        self.callers |= other.callers

    def since(self, known: Tries) -> tuple[int, int]:
        """(requests, observations) without callers counted before."""
        return self.requests, self.keyless + len(self.callers - known.callers)


@dataclass(slots=True)
class StepCalls:
    """All requests of a group; those that failed; those slower than each threshold."""

    every: Tries = field(default_factory=Tries)
    failed: Tries = field(default_factory=Tries)
    slow_p95: Tries = field(default_factory=Tries)
    slow_p99: Tries = field(default_factory=Tries)

    def parts(self) -> tuple[Tries, Tries, Tries, Tries]:
        return self.every, self.failed, self.slow_p95, self.slow_p99


class StepTally:
    """Requests of one piece of log. Tallies can be joined in any order."""

    def __init__(self) -> None:
        self.groups: defaultdict[StepGroup, StepCalls] = defaultdict(StepCalls)

    def add(self, line: Line, meant: Meaning, started_on: float, spec: CountSpec) -> None:
        """Counts the request of `line`, which started at `started_on` (seconds)."""
        if meant.kind == names.PREVIEW or line.listener == "proof" or meant.reason == "override":
            return
        start = spec.block_start(int(started_on))
        version = names.parse_cluster(line.version or "")[0]
        calls = self.groups[StepGroup(start, version, line.deployment or "")]
        caller = hash(line.key) if line.key else None
        calls.every.add(caller)
        if error_kind(line.status, line.flags or "", crashed=has_crashed(line)) in FAILURES:
            calls.failed.add(caller)
        took = line.duration_us if line.status != _UPGRADE else 0
        if spec.slow_p95_us and took > spec.slow_p95_us:
            calls.slow_p95.add(caller)
        if spec.slow_p99_us and took > spec.slow_p99_us:
            calls.slow_p99.add(caller)

    def join(self, other: StepTally) -> None:
        for group, calls in other.groups.items():
            for ours, theirs in zip(self.groups[group].parts(), calls.parts(), strict=True):
                ours.join(theirs)


class StepMemory:
    """The callers that the control plane has counted in the last blocks."""

    def __init__(self, most_callers: int = MOST_CALLERS, most_blocks: int = MOST_BLOCKS) -> None:
        self._most_callers, self._most_blocks = most_callers, most_blocks
        self._groups: dict[StepGroup, StepCalls] = {}

    def rows(self, tally: StepTally) -> list[list[Any]]:
        """(*StepGroup, then requests and new observations: all, failed, slower than p95, than p99),
        as in `dashboard.observability.ingest.batch_schema.Stepped`."""
        return [
            [*group, *(n for pair in self._new(group, calls) for n in pair)]
            for group, calls in sorted(tally.groups.items())
        ]

    def remember(self, tally: StepTally) -> None:
        """The control plane accepted these."""
        for group, calls in tally.groups.items():
            known = self._groups.setdefault(group, StepCalls())
            for ours, theirs in zip(known.parts(), calls.parts(), strict=True):
                ours.callers |= theirs.callers
        self._forget()

    def _new(self, group: StepGroup, calls: StepCalls) -> list[tuple[int, int]]:
        known = self._groups.get(group) or StepCalls()
        pairs = zip(calls.parts(), known.parts(), strict=True)
        return [ours.since(theirs) for ours, theirs in pairs]

    def _forget(self) -> None:
        oldest_first = sorted(self._groups)
        callers = sum(len(calls.every.callers) for calls in self._groups.values())
        while oldest_first and (
            len(oldest_first) > self._most_blocks or callers > self._most_callers
        ):
            group = oldest_first.pop(0)
            callers -= len(self._groups.pop(group).every.callers)


class SpecMemory:
    """How to count, by deployment id. Earlier deployments stay, because their last requests end
    later."""

    def __init__(self, most: int = _MOST_SPECS) -> None:
        self._most = most
        self.by_deployment: dict[str, CountSpec] = {}

    def learn(self, snapshot: Snapshot) -> None:
        for worker in snapshot.workers:
            deployment = worker.deployment
            if deployment.counts and deployment.id not in self.by_deployment:
                self.by_deployment[deployment.id] = deployment.counts
        while len(self.by_deployment) > self._most:
            del self.by_deployment[next(iter(self.by_deployment))]
