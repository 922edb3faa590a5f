"""Plans what to do next: desired snapshot and current state in, actions out. Pure.

The order of the actions loses no request: first a version's process, then its cluster, then routes
to it; first routes away from it, then the end of its requests, its cluster, its process.
`supervisor` performs them one by one and plans again; a failure ends the round.

`previews` are versions that run for requests to their own address, beside those of deployments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from routing.agent.base import messages
from routing.agent.state.actions import (
    Action,
    Clusters,
    Drain,
    Hurry,
    Keep,
    Routes,
    Start,
    Stop,
    Warm,
)
from routing.agent.state.state import EdgeState, Phase, Process, ProcessState, version_ids
from routing.compile.envoy.hosts import exact_hosts
from routing.compile.names import SLOTS
from routing.snapshot import Preview, Snapshot, VersionSpec, WorkerSpec


def plan(
    desired: Snapshot,
    state: EdgeState,
    previews: Mapping[str, Preview] = {},
    room: int | None = None,
) -> tuple[Action, ...]:
    """The actions of the next round; empty if there is nothing to do until something changes.

    `previews` run as well, by version id. `room` is how many versions may start (None: all). A
    new version of a Worker that is routed starts anyway: it is about to be judged.
    """
    target = next_routes(desired, state)
    wanted = _wanted(desired, target, previews)
    routed = version_ids(target.workers)
    beside = {key for key in previews if key in state.clusters or answers(key, state)}
    clusters = state.clusters | routed | beside
    unwanted = {key: state.processes[key] for key in sorted(state.processes.keys() - wanted.keys())}
    going = [key for key, process in unwanted.items() if process.phase is Phase.live]
    return (
        *_comings(wanted, state, _Room(room, state, previews)),
        *_warmings(desired, state),
        *_switch(desired, target, unwanted, state, clusters, beside - routed),
        *_goings(going, unwanted, clusters),
    )


def next_routes(desired: Snapshot, state: EdgeState) -> Snapshot:
    """What Envoy can route now: for each Worker the desired deployment, or the current one."""
    before = {worker.name: worker for worker in state.applied.workers}
    after = {worker.name: worker for worker in desired.workers}
    changed = [
        name
        for name in (*(n for n in before if n not in after), *after)
        if before.get(name) is not after.get(name) and before.get(name) != after.get(name)
    ]
    possible = [name for name in changed if not _obstacle(name, after.get(name), state)]
    if state.one_by_one:
        possible = possible[:1]
    workers = {**before, **{name: after[name] for name in possible if name in after}}
    for name in possible:
        if name not in after:
            del workers[name]
    complete = len(possible) == len(changed)
    target = replace(
        state.applied,
        revision=desired.revision if complete else state.applied.revision,
        domain=desired.domain,
        known=desired.known,
        withheld=desired.withheld,
        disabled_routes=desired.disabled_routes,
        workers=tuple(workers[name] for name in sorted(workers)),
    )
    return state.applied if target == state.applied else target


def lagging(desired: Snapshot, state: EdgeState) -> dict[str, str]:
    """Workers whose desired deployment is not routed yet, and why ("" if only for a moment).
    Includes those whose deployment the control plane withholds."""
    before = {worker.name: worker for worker in state.applied.workers}
    after = {worker.name: worker for worker in desired.workers}
    return {
        name: _error(name, after.get(name), state)
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    } | dict(desired.withheld)


def _obstacle(name: str, worker: WorkerSpec | None, state: EdgeState) -> bool:
    refusal = state.refused.get(name)
    if refusal is not None and refusal.worker == worker:
        return True
    return worker is not None and not _ready(worker, state)


def _ready(worker: WorkerSpec, state: EdgeState) -> bool:
    """A version that already has routes need not be running: it may be restarting."""
    routed = version_ids(w for w in state.applied.workers if w.name == worker.name)
    warming = (_is_warming(key, state) for key in _candidates(worker, state))
    return not any(warming) and all(
        version.id in routed or answers(version.id, state) for version in worker.versions
    )


def _candidates(worker: WorkerSpec, state: EdgeState) -> list[str]:
    """Versions that get a part of the requests now, and had none of this Worker's before."""
    before = _shares(next((w for w in state.applied.workers if w.name == worker.name), None))
    return [
        key for key, weight in _shares(worker).items() if before and weight and not before.get(key)
    ]


def _shares(worker: WorkerSpec | None) -> dict[str, int]:
    return {s.version_id: s.weight for s in worker.deployment.shares} if worker else {}


def _is_cold(version_id: str, state: EdgeState) -> bool:
    process = state.processes.get(version_id)
    return process is not None and process.state is ProcessState.cold


def _is_warming(version_id: str, state: EdgeState) -> bool:
    """Cold, or on the way from there to ready."""
    process = state.processes.get(version_id)
    if process is None or process.state is ProcessState.cold:
        return process is not None
    return process.state is ProcessState.starting and process.called_at > 0


def answers(version_id: str, state: EdgeState) -> bool:
    """Does it run, or will it at the first request?"""
    return runs(version_id, state) or (
        _is_cold(version_id, state) and state.processes[version_id].phase is not Phase.stopping
    )


def runs(version_id: str, state: EdgeState) -> bool:
    """Is its process ready, and not stopping?"""
    process = state.processes.get(version_id)
    return (
        process is not None
        and process.state is ProcessState.running
        and process.phase is not Phase.stopping
    )


def _error(name: str, worker: WorkerSpec | None, state: EdgeState) -> str:
    refusal = state.refused.get(name)
    if refusal is not None and refusal.worker == worker:
        return refusal.message
    for version in worker.versions if worker else ():
        process = state.processes.get(version.id)
        if process is None and len(_slots_taken(state)[name]) >= SLOTS:
            return messages.NO_FREE_SLOT
        if process is not None and process.message and not runs(version.id, state):
            return f"version {version.id}: {process.message}"
    return ""


def _slots_taken(state: EdgeState) -> defaultdict[str, set[int]]:
    """By Worker."""
    taken: defaultdict[str, set[int]] = defaultdict(set)
    for process in state.processes.values():
        taken[process.worker].add(process.slot)
    return taken


def _wanted(
    desired: Snapshot, target: Snapshot, previews: Mapping[str, Preview]
) -> dict[str, tuple[str, VersionSpec]]:
    deployed = {version.id: (w.name, version) for w in target.workers for version in w.versions}
    if target.workers is not desired.workers:
        known = {id(worker) for worker in target.workers}
        others = (worker for worker in desired.workers if id(worker) not in known)
        deployed |= {version.id: (w.name, version) for w in others for version in w.versions}
    for key, preview in previews.items():
        deployed.setdefault(key, (preview.worker, preview.version))
    return deployed


class _Room:
    """Which versions start cold, because there is no room for more processes."""

    def __init__(
        self, places: int | None, state: EdgeState, previews: Mapping[str, Preview]
    ) -> None:
        self._places, self._state, self._previews = places, state, previews

    @cached_property
    def _routed(self) -> dict[str, set[str]]:
        return {w.name: version_ids([w]) for w in self._state.applied.workers}

    def is_cold(self, worker: str, version_id: str) -> bool:
        if self._places is None or version_id in self._previews:
            return False
        routed = self._routed.get(worker)
        if routed is not None and version_id not in routed:
            return False
        self._places -= 1
        return self._places < 0


def _warmings(desired: Snapshot, state: EdgeState) -> Iterator[Action]:
    before = {worker.name: worker for worker in state.applied.workers}
    for worker in desired.workers:
        if before.get(worker.name) is not worker:
            for key in _candidates(worker, state):
                if _is_cold(key, state):
                    yield Warm(key)


def _comings(
    wanted: Mapping[str, tuple[str, VersionSpec]], state: EdgeState, room: _Room
) -> Iterator[Action]:
    processes = state.processes
    due = wanted.keys() - processes.keys()
    due |= {k for k, p in processes.items() if p.phase is not Phase.live and k in wanted}
    taken = _slots_taken(state) if due else defaultdict(set)
    for version_id in (key for key in wanted if key in due) if due else ():
        worker, version = wanted[version_id]
        known = processes.get(version_id)
        if known is None:
            yield from _start(worker, version, taken[worker], room)
        elif known.phase in (Phase.draining, Phase.drained):
            yield Keep(version_id)
        elif known.phase is Phase.stopping and not known.hurried:
            yield Hurry(version_id)


def _start(worker: str, version: VersionSpec, used: set[int], room: _Room) -> Iterator[Action]:
    """Without a free slot it waits: ending a draining version would cut off its requests."""
    free = next((slot for slot in range(SLOTS) if slot not in used), None)
    if free is not None:
        used.add(free)
        yield Start(worker, version, free, room.is_cold(worker, version.id))


def _switch(
    desired: Snapshot,
    target: Snapshot,
    unwanted: Mapping[str, Process],
    state: EdgeState,
    clusters: frozenset[str],
    beside: set[str],
) -> Iterator[Action]:
    """`beside` are previews without routes."""
    leaving = beside | {
        key
        for key, process in unwanted.items()
        if process.phase in (Phase.live, Phase.draining) and key in state.clusters
    }
    if clusters != state.clusters:
        yield Clusters(clusters)
    coming = _coming(desired, target)
    if target is not state.applied or leaving != state.leaving or coming != state.coming:
        yield Routes(target, frozenset(leaving), coming)


def _coming(desired: Snapshot, target: Snapshot) -> frozenset[str]:
    routed = {worker.name for worker in target.workers}
    coming = [worker for worker in desired.workers if worker.name not in routed]
    hosts = {host for worker in coming for host in worker.hostnames}
    return frozenset(hosts.union(*(exact_hosts(worker.routes) for worker in coming)))


def _goings(
    going: Collection[str], unwanted: Mapping[str, Process], clusters: frozenset[str]
) -> Iterator[Action]:
    yield from (Drain(key) for key in going if key in clusters)
    yield from (Stop(key) for key in going if key not in clusters)
    drained = {k: process for k, process in unwanted.items() if process.phase is Phase.drained}
    if clusters & drained.keys():
        yield Clusters(frozenset(clusters - drained.keys()))
    yield from (Stop(key, process.hurried) for key, process in drained.items())
