"""What an edge holds: what Envoy routes by, and the processes of versions. Immutable.

Every function here takes what is held and something that happened, and returns what is held now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from routing.snapshot import EMPTY, Snapshot, VersionSpec, WorkerSpec


class State(StrEnum):
    """How a version's process is."""

    starting = "starting"
    running = "running"
    backoff = "backoff"
    hung = "hung"
    failed = "failed"


class Phase(StrEnum):
    """Where a version's process is in its life.

    live: it serves, or is about to. draining: no route leads to it, requests may still be in it.
    drained: they have ended. stopping: it was told to end; its slot is taken until it has.
    """

    live = "live"
    draining = "draining"
    drained = "drained"
    stopping = "stopping"


class EndKind(StrEnum):
    """Why a process ended that nobody had told to end. `start`: the version's own code never became
    ready; `edge`: this machine could not start it, whatever the version is."""

    crash = "crash"
    hang = "hang"
    memory = "memory"
    start = "start"
    edge = "edge"


@dataclass(frozen=True, slots=True)
class End:
    """The last unexpected end of a process, which stays while the process runs again. `at` is in
    seconds."""

    kind: EndKind
    at: float
    message: str = ""


STARTS = 5
"""How many of its starts a process remembers, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The process of one version. `since` is when its state or phase last changed, `starts` are
    when it became ready (seconds, oldest first)."""

    worker: str
    version: VersionSpec
    slot: int
    since: float
    state: State = State.starting
    phase: Phase = Phase.live
    message: str = ""
    restarts: int = 0
    hurried: bool = False
    end: End | None = None
    starts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Worker as Envoy refused it. `worker` is None where its removal was refused."""

    worker: WorkerSpec | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """`applied` is what Envoy routes by: for each Worker its newest deployment that could be.

    Its revision is the newest one of which nothing is missing. `clusters` are the versions that
    Envoy can reach, `leaving` those that run without a share, `coming` host names of Workers that
    are not routed yet (`plan.Routes`). After a
    refusal that may be any Worker's fault, changes are made `one_by_one`.
    """

    applied: Snapshot = EMPTY
    processes: Mapping[str, Process] = field(default_factory=dict)
    clusters: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    coming: frozenset[str] = frozenset()
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    one_by_one: bool = False


def restored(snapshot: Snapshot) -> Held:
    """After a restart: Envoy will be started with this, so nothing has to be ready first."""
    return Held(applied=snapshot, clusters=frozenset(version_ids(snapshot.workers)))


def version_ids(workers: Iterable[WorkerSpec]) -> set[str]:
    """The ids of all versions in the Workers' deployments."""
    return {version.id for worker in workers for version in worker.versions}


def started(held: Held, process: Process) -> Held:
    """A process was made for a version."""
    return _put(held, process)


def named(held: Held, version: VersionSpec) -> Held:
    """A snapshot names the version of an adopted process."""
    return _put(held, replace(held.processes[version.id], version=version))


def felt(
    held: Held,
    version_id: str,
    state: State,
    *,
    at: float,
    restarts: int,
    message: str = "",
    end: EndKind | None = None,
) -> Held:
    """A process changed its state; `end` is why it ended, where it did."""
    process = held.processes.get(version_id)
    if process is None:
        return held
    ready = state is State.running and process.state is not state
    return _put(
        held,
        replace(
            process,
            state=state,
            since=process.since if process.state is state else at,
            restarts=restarts,
            message=message,
            end=End(end, at, message) if end else process.end,
            starts=(*process.starts, at)[-STARTS:] if ready else process.starts,
        ),
    )


def moved(held: Held, version_id: str, phase: Phase, *, at: float) -> Held:
    """A process came into another phase of its life."""
    process = held.processes.get(version_id)
    if process is None or process.phase is phase:
        return held
    hurry = process.hurried and phase is not Phase.live
    return _put(held, replace(process, phase=phase, since=at, hurried=hurry))


def hurried(held: Held, version_id: str, *, at: float) -> Held:
    """Its slot is needed: what is still in it is given up."""
    process = held.processes.get(version_id)
    if process is None:
        return held
    phase = Phase.drained if process.phase is Phase.draining else process.phase
    return _put(held, replace(process, phase=phase, hurried=True, since=at))


def ended(held: Held, version_id: str) -> Held:
    """A process that was told to end has ended; its slot is free."""
    rest = {key: value for key, value in held.processes.items() if key != version_id}
    return replace(held, processes=rest)


def clustered(held: Held, version_ids: frozenset[str]) -> Held:
    """Envoy reaches these versions and no others."""
    return replace(held, clusters=version_ids)


def routed(
    held: Held,
    snapshot: Snapshot,
    leaving: frozenset[str],
    coming: frozenset[str] = frozenset(),
) -> Held:
    """Envoy routes by `snapshot`. What was refused may be possible now that others have moved."""
    moved_on = snapshot.workers != held.applied.workers
    return replace(
        held,
        applied=snapshot,
        leaving=leaving,
        coming=coming,
        refused={} if moved_on else held.refused,
        one_by_one=held.one_by_one and snapshot.revision == held.applied.revision,
    )


def refused(held: Held, target: Snapshot, message: str) -> Held:
    """Envoy refused `target`. With one changed Worker it is that one's fault, else try each."""
    before = {worker.name: worker for worker in held.applied.workers}
    after = {worker.name: worker for worker in target.workers}
    changed = [n for n in sorted({*before, *after}) if before.get(n) != after.get(n)]
    if len(changed) > 1:
        return replace(held, one_by_one=True)
    new = {name: Refusal(after.get(name), message) for name in changed}
    return replace(held, refused={**held.refused, **new})


def _put(held: Held, process: Process) -> Held:
    return replace(held, processes={**held.processes, process.version.id: process})
