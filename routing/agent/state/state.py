"""The edge's state: Envoy's routes and the processes of versions. Immutable.

Every function takes the state and an event, and returns the new state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from routing.agent.base.process_end import End, EndKind
from routing.snapshot import EMPTY, Snapshot, VersionSpec, WorkerSpec


class ProcessState(StrEnum):
    """cold: no process; its sockets are open, and the first request starts one."""

    cold = "cold"
    starting = "starting"
    running = "running"
    backoff = "backoff"
    hung = "hung"
    failed = "failed"


class Phase(StrEnum):
    """Life cycle of a version's process.

    live: it serves, or will soon. draining: it has no routes, but may have requests. drained: its
    requests have ended. stopping: it is being ended; its slot is taken until then.
    """

    live = "live"
    draining = "draining"
    drained = "drained"
    stopping = "stopping"


OnState: TypeAlias = Callable[[ProcessState, int, str, EndKind | None], None]
"""Called with the state of a process, its restarts, a message, and why it ended."""

STARTS = 5
"""Starts that are remembered per process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The process of one version. `since` is the last change of state or phase, `starts` are the
    last times it became ready (seconds, oldest first). `cold_start_ms` is how long the last
    request that found it cold waited, until `cold_start_at`; it came at `called_at` (0: it has been
    answered)."""

    worker: str
    version: VersionSpec
    slot: int
    since: float
    state: ProcessState = ProcessState.starting
    phase: Phase = Phase.live
    message: str = ""
    restarts: int = 0
    hurried: bool = False
    end: End | None = None
    starts: tuple[float, ...] = ()
    called_at: float = 0.0
    cold_start_ms: int = 0
    cold_start_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Envoy rejected this Worker; `worker` is None if it rejected its removal."""

    worker: WorkerSpec | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeState:
    """`applied` is what Envoy routes by: for each Worker its newest deployment that could be
    routed.

    Its revision is the newest complete one. `clusters` are the versions that Envoy reaches,
    `leaving` those without a share, `coming` host names of Workers that are not routed yet
    (`actions.Routes`). After a rejection that may be any Worker's fault, changes are made
    `one_by_one`.
    """

    applied: Snapshot = EMPTY
    processes: Mapping[str, Process] = field(default_factory=dict)
    clusters: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    coming: frozenset[str] = frozenset()
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    one_by_one: bool = False


def after_restart(snapshot: Snapshot) -> EdgeState:
    """Envoy will be started with `snapshot`, so no process has to be ready first."""
    return EdgeState(applied=snapshot, clusters=frozenset(version_ids(snapshot.workers)))


def cold_start(state: EdgeState, version_id: str) -> tuple[float, float] | None:
    """When the version's last cold start began and when it ended; None if it had none. Until the
    agent notices that the version is ready, the end is infinite."""
    process = state.processes.get(version_id)
    if process is None:
        return None
    if process.state is ProcessState.starting and process.called_at:
        return process.called_at, math.inf
    if not process.cold_start_at:
        return None
    return process.cold_start_at - process.cold_start_ms / 1000, process.cold_start_at


def version_ids(workers: Iterable[WorkerSpec]) -> set[str]:
    """Ids of all versions in the Workers' deployments."""
    return {version.id for worker in workers for version in worker.versions}


def process_started(state: EdgeState, process: Process) -> EdgeState:
    return _put(state, process)


def version_named(state: EdgeState, version: VersionSpec) -> EdgeState:
    """A snapshot names the version of an adopted process."""
    return _put(state, replace(state.processes[version.id], version=version))


def process_state_changed(
    state: EdgeState,
    version_id: str,
    process_state: ProcessState,
    *,
    at: float,
    restarts: int,
    message: str = "",
    end: EndKind | None = None,
) -> EdgeState:
    """`end` is why the process ended, if it did."""
    process = state.processes.get(version_id)
    if process is None:
        return state
    ready = process_state is ProcessState.running and process.state is not process_state
    called = process.state is ProcessState.cold and process_state is ProcessState.starting
    called_at = at if called else process.called_at
    waited_ms = round((at - called_at) * 1000) if ready and called_at else process.cold_start_ms
    return _put(
        state,
        replace(
            process,
            state=process_state,
            since=process.since if process.state is process_state else at,
            restarts=restarts,
            message=message,
            end=End(end, at, message) if end else process.end,
            starts=(*process.starts, at)[-STARTS:] if ready else process.starts,
            called_at=0.0 if ready else called_at,
            cold_start_ms=waited_ms,
            cold_start_at=at if ready and called_at else process.cold_start_at,
        ),
    )


def phase_changed(state: EdgeState, version_id: str, phase: Phase, *, at: float) -> EdgeState:
    process = state.processes.get(version_id)
    if process is None or process.phase is phase:
        return state
    hurry = process.hurried and phase is not Phase.live
    return _put(state, replace(process, phase=phase, since=at, hurried=hurry))


def process_hurried(state: EdgeState, version_id: str, *, at: float) -> EdgeState:
    """Its slot is needed: remaining requests are dropped."""
    process = state.processes.get(version_id)
    if process is None:
        return state
    phase = Phase.drained if process.phase is Phase.draining else process.phase
    return _put(state, replace(process, phase=phase, hurried=True, since=at))


def process_ended(state: EdgeState, version_id: str) -> EdgeState:
    """A process that was stopped has ended; its slot is free."""
    rest = {key: value for key, value in state.processes.items() if key != version_id}
    return replace(state, processes=rest)


def clusters_changed(state: EdgeState, version_ids: frozenset[str]) -> EdgeState:
    return replace(state, clusters=version_ids)


def routes_changed(
    state: EdgeState,
    snapshot: Snapshot,
    leaving: frozenset[str],
    coming: frozenset[str] = frozenset(),
) -> EdgeState:
    """What was rejected may be possible now that others have moved."""
    moved_on = snapshot.workers != state.applied.workers
    return replace(
        state,
        applied=snapshot,
        leaving=leaving,
        coming=coming,
        refused={} if moved_on else state.refused,
        one_by_one=state.one_by_one and snapshot.revision == state.applied.revision,
    )


def deployment_refused(state: EdgeState, target: Snapshot, message: str) -> EdgeState:
    """Envoy rejected `target`. If one Worker changed it is at fault, else try one by one."""
    before = {worker.name: worker for worker in state.applied.workers}
    after = {worker.name: worker for worker in target.workers}
    changed = [n for n in sorted({*before, *after}) if before.get(n) != after.get(n)]
    if len(changed) > 1:
        return replace(state, one_by_one=True)
    new = {name: Refusal(after.get(name), message) for name in changed}
    return replace(state, refused={**state.refused, **new})


def _put(state: EdgeState, process: Process) -> EdgeState:
    return replace(state, processes={**state.processes, process.version.id: process})
