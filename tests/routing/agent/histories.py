"""Histories of an edge without an edge: what is planned is taken to happen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from routing.agent.assets.folders import AssetFolders
from routing.agent.base.process_end import EndKind
from routing.agent.state import state as now
from routing.agent.state.actions import Action, Clusters, Drain, Hurry, Keep, Routes, Start, Stop
from routing.agent.state.plan import next_routes, plan
from routing.agent.state.state import EdgeState, Phase, Process, ProcessState
from routing.rules.split import TOTAL, VersionWeight
from routing.snapshot import EMPTY, DeploymentSpec, Preview, Snapshot, VersionSpec, WorkerSpec


def no_assets() -> AssetFolders:
    """For versions without static assets."""

    async def fetch(sha256: str) -> bytes:
        raise AssertionError(sha256)

    return AssetFolders(fetch, Path("no-assets"))


def make_version(version_id: str, number: int = 1) -> VersionSpec:
    return VersionSpec(id=version_id, number=number, created_on="", compatibility_date="2026-08-01")


def make_worker(name: str, *ids: str, weight: int = TOTAL, **fields: object) -> WorkerSpec:
    """A Worker with one version at 100%, or two of which the first has `weight`."""
    weights = (TOTAL,) if len(ids) == 1 else (weight, TOTAL - weight)
    shares = tuple(VersionWeight(i, w) for i, w in zip(ids, weights, strict=True))
    deployment = DeploymentSpec(id=f"{name}:{shares}", shares=shares)
    versions = tuple(make_version(i) for i in ids)
    return WorkerSpec(name=name, hostnames=(), deployment=deployment, versions=versions, **fields)  # type: ignore[arg-type]


def snapshot(revision: int, *workers: WorkerSpec) -> Snapshot:
    return Snapshot(revision=revision, workers=tuple(sorted(workers, key=lambda w: w.name)))


SHOP = make_worker("shop", "a")


class History:
    """`round` performs one round of the plan and returns it as text."""

    def __init__(self, applied: Snapshot = EMPTY) -> None:
        self.state: EdgeState = now.after_restart(applied)
        self.desired = applied
        self.previews: Mapping[str, Preview] = {}
        self.clock = 0.0
        self.envoy_refuses: set[str] = set()

    def set_desired(self, revision: int, *workers: WorkerSpec) -> History:
        self.desired = snapshot(revision, *workers)
        return self

    def preview(self, worker: str, *ids: str) -> History:
        self.previews = {i: Preview(worker=worker, version=make_version(i)) for i in ids}
        return self

    def settle(self) -> list[str]:
        """Rounds until nothing is left to do; every process that starts also runs."""
        done: list[str] = []
        while words := self.round():
            done += words
            for key, process in self.state.processes.items():
                if process.state is ProcessState.starting:
                    self.runs(key)
            assert len(done) < 100, done
        return done

    def round(self) -> list[str]:
        words = []
        for action in plan(self.desired, self.state, self.previews):
            words.append(in_words(action))
            if not self._happens(action):
                break
        return words

    def runs(self, *version_ids: str) -> None:
        for version_id in version_ids:
            self._feels(version_id, ProcessState.running)

    def fails(self, version_id: str, message: str) -> None:
        self._feels(version_id, ProcessState.failed, message, EndKind.start)

    def dies(self, version_id: str) -> None:
        self._feels(version_id, ProcessState.backoff, "ended by itself")

    def drained(self, *version_ids: str) -> None:
        for version_id in version_ids:
            self.state = now.phase_changed(self.state, version_id, Phase.drained, at=self._tick())

    def ended(self, *version_ids: str) -> None:
        for version_id in version_ids:
            assert self.state.processes[version_id].phase is Phase.stopping
            self.state = now.process_ended(self.state, version_id)

    @property
    def routed(self) -> dict[str, list[str]]:
        return {w.name: [v.id for v in w.versions] for w in self.state.applied.workers}

    def _feels(
        self, version_id: str, state: ProcessState, message: str = "", end: EndKind | None = None
    ) -> None:
        self.state = now.process_state_changed(
            self.state, version_id, state, at=self._tick(), restarts=0, message=message, end=end
        )

    def _tick(self) -> float:
        self.clock += 1
        return self.clock

    def _happens(self, action: Action) -> bool:
        at = self._tick()
        match action:
            case Start(worker, version, slot):
                process = Process(worker=worker, version=version, slot=slot, since=at)
                self.state = now.process_started(self.state, process)
            case Keep(key):
                self.state = now.phase_changed(self.state, key, Phase.live, at=at)
            case Clusters(keys):
                assert keys or not self.state.applied.workers
                self.state = now.clusters_changed(self.state, keys)
            case Routes(target, leaving, coming):
                if self._refuses(target):
                    target = next_routes(self.desired, self.state)
                    self.state = now.deployment_refused(self.state, target, "Envoy refused it")
                    return False
                assert now.version_ids(target.workers) <= self.state.clusters
                self.state = now.routes_changed(self.state, target, leaving, coming)
            case Drain(key):
                self.state = now.phase_changed(self.state, key, Phase.draining, at=at)
            case Hurry(key):
                self.state = now.process_hurried(self.state, key, at=at)
            case Stop(key):
                self.state = now.phase_changed(self.state, key, Phase.stopping, at=at)
        return True

    def _refuses(self, target: Snapshot) -> bool:
        return bool(self.envoy_refuses & now.version_ids(target.workers))


def settled(*workers: WorkerSpec) -> History:
    """An edge that serves these, with all processes running."""
    edge = History(snapshot(1, *workers))
    edge.settle()
    return edge


def in_words(action: Action) -> str:
    match action:
        case Start(worker, version, slot):
            return f"start {version.id} of {worker} in slot {slot}"
        case Clusters(keys):
            return f"clusters {' '.join(sorted(keys))}".rstrip()
        case Routes(target, leaving, _):
            left = f", leaving {' '.join(sorted(leaving))}" if leaving else ""
            ids = " ".join(sorted(now.version_ids(target.workers)))
            return f"routes {target.revision}: {ids}{left}"
        case Stop(key, hurried):
            return f"{'kill' if hurried else 'stop'} {key}"
    return f"{type(action).__name__.lower()} {action.version_id}"
