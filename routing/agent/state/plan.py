"""What to do next: the desired snapshot and what is held in, actions out. Pure.

The order of the actions is the order that loses no request: a version's process first, then its
cluster, then routes to it; routes away from it, the end of its requests, its cluster, its process.
`supervise` performs them one after the other and plans again; a failure ends the round.

Versions whose own address was asked for run beside those of deployments (`previews`). They are
reached like any other and routed to by nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from routing.agent.state.state import Held, Phase, State, version_ids
from routing.compile.names import SLOTS
from routing.snapshot import Preview, Snapshot, VersionSpec, WorkerSpec

_NO_SLOT = (
    f"waiting: {SLOTS} versions of this Worker run here, which is the limit. The next starts once "
    "one of those that leave has finished its requests"
)


@dataclass(frozen=True, slots=True)
class Start:
    """Make a process for a version, and keep it running."""

    worker: str
    version: VersionSpec
    slot: int


@dataclass(frozen=True, slots=True)
class Keep:
    """The version came back while it was draining: its process stays."""

    version_id: str


@dataclass(frozen=True, slots=True)
class Clusters:
    """Let Envoy reach exactly these versions."""

    version_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Routes:
    """Let Envoy route by `snapshot`. The versions in `leaving` run without a share: RPC callers
    may still reach them, and they may call others. At the host names in `coming` a Worker will
    answer of which nothing can be routed yet."""

    snapshot: Snapshot
    leaving: frozenset[str]
    coming: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Drain:
    """Wait, in the background, until no request is left in the version's process."""

    version_id: str


@dataclass(frozen=True, slots=True)
class Hurry:
    """Give up what is left in the process: it was told to end, and the version came back."""

    version_id: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the process, in the background; at once if `hurried`."""

    version_id: str
    hurried: bool = False


Action: TypeAlias = Start | Keep | Clusters | Routes | Drain | Hurry | Stop


def plan(desired: Snapshot, held: Held, previews: Mapping[str, Preview] = {}) -> tuple[Action, ...]:
    """The next round. Empty when nothing can be done before something else happens.

    `previews` are to run as well, by version id.
    """
    target = next_routes(desired, held)
    wanted = _wanted(desired, target, previews)
    beside = {key for key in previews if key in held.clusters or runs(key, held)}
    clusters = held.clusters | version_ids(target.workers) | beside
    going = [
        key
        for key, process in sorted(held.processes.items())
        if key not in wanted and process.phase is Phase.live
    ]
    return (
        *_comings(wanted, held),
        *_switch(desired, target, wanted, going, held, clusters, beside),
        *_goings(wanted, going, held, clusters),
    )


def next_routes(desired: Snapshot, held: Held) -> Snapshot:
    """What Envoy can route by now: for each Worker the desired deployment, or the one it has."""
    before = {worker.name: worker for worker in held.applied.workers}
    after = {worker.name: worker for worker in desired.workers}
    changed = [
        name
        for name in (*(n for n in before if n not in after), *after)
        if before.get(name) is not after.get(name) and before.get(name) != after.get(name)
    ]
    possible = [name for name in changed if not _obstacle(name, after.get(name), held)]
    if held.one_by_one:
        possible = possible[:1]
    workers = {**before, **{name: after[name] for name in possible if name in after}}
    for name in possible:
        if name not in after:
            del workers[name]
    complete = len(possible) == len(changed)
    target = replace(
        held.applied,
        revision=desired.revision if complete else held.applied.revision,
        domain=desired.domain,
        known=desired.known,
        withheld=desired.withheld,
        workers=tuple(workers[name] for name in sorted(workers)),
    )
    return held.applied if target == held.applied else target


def lagging(desired: Snapshot, held: Held) -> dict[str, str]:
    """The Workers whose desired deployment is not routed yet, and why; "" is: only a moment. The
    control plane gives no deployment of those that it withholds."""
    before = {worker.name: worker for worker in held.applied.workers}
    after = {worker.name: worker for worker in desired.workers}
    return {
        name: _error(name, after.get(name), held)
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    } | dict(desired.withheld)


def _obstacle(name: str, worker: WorkerSpec | None, held: Held) -> bool:
    refusal = held.refused.get(name)
    if refusal is not None and refusal.worker == worker:
        return True
    return worker is not None and not _ready(worker, held)


def _ready(worker: WorkerSpec, held: Held) -> bool:
    """A version that is routed to already need not be running: it may be on its way back."""
    routed = version_ids(w for w in held.applied.workers if w.name == worker.name)
    return all(version.id in routed or runs(version.id, held) for version in worker.versions)


def runs(version_id: str, held: Held) -> bool:
    """Does its process answer, and is it to stay?"""
    process = held.processes.get(version_id)
    return (
        process is not None
        and process.state is State.running
        and process.phase is not Phase.stopping
    )


def _error(name: str, worker: WorkerSpec | None, held: Held) -> str:
    refusal = held.refused.get(name)
    if refusal is not None and refusal.worker == worker:
        return refusal.message
    for version in worker.versions if worker else ():
        process = held.processes.get(version.id)
        if process is None and len(_slots_taken(name, held)) >= SLOTS:
            return _NO_SLOT
        if process is not None and process.message and not runs(version.id, held):
            return f"version {version.id}: {process.message}"
    return ""


def _slots_taken(worker: str, held: Held) -> set[int]:
    return {process.slot for process in held.processes.values() if process.worker == worker}


def _wanted(
    desired: Snapshot, target: Snapshot, previews: Mapping[str, Preview]
) -> dict[str, tuple[str, VersionSpec]]:
    workers = (*target.workers, *desired.workers)
    deployed = {version.id: (w.name, version) for w in workers for version in w.versions}
    return deployed | {
        key: (preview.worker, preview.version)
        for key, preview in previews.items()
        if key not in deployed
    }


def _comings(wanted: Mapping[str, tuple[str, VersionSpec]], held: Held) -> Iterator[Action]:
    taken: dict[str, set[int]] = {}
    for version_id, (worker, version) in wanted.items():
        known = held.processes.get(version_id)
        if known is None:
            used = taken.setdefault(worker, _slots_taken(worker, held))
            yield from _start(worker, version, used)
        elif known.phase in (Phase.draining, Phase.drained):
            yield Keep(version_id)
        elif known.phase is Phase.stopping and not known.hurried:
            yield Hurry(version_id)


def _start(worker: str, version: VersionSpec, used: set[int]) -> Iterator[Action]:
    """Without a free slot it waits: to give up a version that leaves would cut its requests."""
    free = next((slot for slot in range(SLOTS) if slot not in used), None)
    if free is not None:
        used.add(free)
        yield Start(worker, version, free)


def _switch(
    desired: Snapshot,
    target: Snapshot,
    wanted: Mapping[str, tuple[str, VersionSpec]],
    going: list[str],
    held: Held,
    clusters: frozenset[str],
    beside: set[str],
) -> Iterator[Action]:
    draining = (
        key
        for key, process in held.processes.items()
        if process.phase is Phase.draining and key not in wanted
    )
    leaving = frozenset(key for key in (*draining, *going) if key in held.clusters)
    leaving |= beside - version_ids(target.workers)
    if clusters != held.clusters:
        yield Clusters(clusters)
    coming = _coming(desired, target)
    if target is not held.applied or leaving != held.leaving or coming != held.coming:
        yield Routes(target, leaving, coming)


def _coming(desired: Snapshot, target: Snapshot) -> frozenset[str]:
    routed = {worker.name for worker in target.workers}
    return frozenset(h for w in desired.workers if w.name not in routed for h in w.hostnames)


def _goings(
    wanted: Mapping[str, tuple[str, VersionSpec]],
    going: list[str],
    held: Held,
    clusters: frozenset[str],
) -> Iterator[Action]:
    yield from (Drain(key) for key in going if key in clusters)
    yield from (Stop(key) for key in going if key not in clusters)
    drained = {
        key: process
        for key, process in held.processes.items()
        if process.phase is Phase.drained and key not in wanted
    }
    if clusters & drained.keys():
        yield Clusters(frozenset(clusters - drained.keys()))
    yield from (Stop(key, process.hurried) for key, process in sorted(drained.items()))
