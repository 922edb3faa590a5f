"""Performs the plan: processes, Envoy's clusters and routes, drains. One round at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from routing.agent.adoption.inherited import NOTHING_INHERITED, Inherited
from routing.agent.adoption.unnamed import until_not_behind
from routing.agent.assets.folders import AssetFolders
from routing.agent.base.sealed_file import Seal
from routing.agent.base.tasks import Tasks
from routing.agent.config import Config
from routing.agent.control_plane.module_cache import ModuleCache
from routing.agent.discovery.discovery import Rejected
from routing.agent.envoy.admin_client import EnvoyUnavailable
from routing.agent.processes.adopted import Adopted
from routing.agent.processes.drain import Drains
from routing.agent.processes.envoy_targets import EnvoyTargets
from routing.agent.processes.interfaces import EnvoyProcess, ObjectHooks, StartVersion
from routing.agent.processes.memory_budget import MemoryBudget
from routing.agent.processes.process_config import Configurations
from routing.agent.processes.snapshot_saver import SnapshotSaver
from routing.agent.processes.version_process import VersionProcess
from routing.agent.processes.versions import Versions
from routing.agent.state import state as edge_state
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
from routing.agent.state.plan import next_routes, plan
from routing.agent.state.state import EdgeState, Phase, version_ids as ids_of
from routing.agent.users.claims import Users
from routing.agent.users.peers import Peer
from routing.compile.workerd.slots import slots_answer
from routing.snapshot import EMPTY, Preview, Snapshot

log = logging.getLogger("edge")

_AGAIN_SECONDS = 0.5


class Supervisor:
    """Reconciles the edge with the desired snapshot. `changed` is called after every change."""

    def __init__(
        self,
        *,
        config: Config,
        envoy: EnvoyProcess,
        modules: ModuleCache,
        assets: AssetFolders,
        seal: Seal,
        key: bytes,
        users: Users,
        tasks: Tasks,
        changed: Callable[[], None],
        start_version: StartVersion = VersionProcess,
        cache: bytes | None = None,
        rate_limits: bytes | None = None,
        objects: ObjectHooks | None = None,
    ) -> None:
        self._envoy, self._changed = envoy, changed
        self._assets = assets
        configurations = Configurations(
            modules,
            assets,
            tail=config.details,
            key=key,
            isolation=users.isolation,
            cache=cache,
            rate_limits=rate_limits,
        )
        self.versions = Versions(
            configurations=configurations,
            users=users,
            tasks=tasks,
            hang_seconds=config.hang_seconds,
            changed=self._touch,
            start_version=start_version,
            objects=objects,
        )
        self._adopted = Adopted(
            self.versions,
            envoy,
            fingerprint=configurations.fingerprint,
            tasks=tasks,
            changed=self._touch,
        )
        self._targets = EnvoyTargets(envoy, self.versions)
        self.memory = MemoryBudget(config, self.versions, envoy.admin)
        self.saver = SnapshotSaver(
            seal, (modules, assets), lambda: (self.state, self.desired), partial(self._fail, "save")
        )
        self._drains = Drains(envoy.admin, tasks, config, self.versions.events)
        self._dirty, self._settled = asyncio.Event(), asyncio.Event()
        self._settled.set()
        self._paused = False
        self.desired: Snapshot = EMPTY
        self._previews: Mapping[str, Preview] = {}
        self._errors: dict[str, str] = {}
        self._envoy_adopted = self._must_restate = False

    @property
    def state(self) -> EdgeState:
        """The edge's state."""
        return self.versions.state

    @property
    def error(self) -> str:
        """What affects the whole edge; "" if nothing does."""
        return "; ".join(message for message in self._errors.values() if message)

    def boot(self, applied: Snapshot, inherited: Inherited = NOTHING_INHERITED) -> None:
        """Adopts what runs and starts the rest of what was applied last. Start Envoy right after,
        unless it is adopted."""
        self.versions.state, self.desired = edge_state.after_restart(applied), applied
        self.saver.boot(applied)
        for note in (*inherited.versions, *inherited.leaving):
            self._adopted.adopt(note)
        self._name_adopted()
        for action in plan(self.desired, self.state, room=self.memory.room()):
            if isinstance(action, Start):
                self.versions.start(action)
        if inherited.envoy is not None and self._envoy.adopt(inherited.envoy):
            self._envoy_adopted = True
        else:
            self._envoy.prepare(applied, self.versions.slots())

    def set_desired(self, snapshot: Snapshot) -> None:
        """Replaces the desired state."""
        self.desired = snapshot
        self._touch()

    def set_previews(self, previews: Mapping[str, Preview]) -> None:
        """Versions to run as well, by id, whatever the desired state is."""
        self._previews = previews
        self._touch()

    def slots(self, path: str) -> dict[str, object]:
        """How RPC calls are spread, as routed now, for the caller in `path`."""
        return slots_answer(self.state.applied, self.versions.slots(), path)

    def is_version_peer(self, version_id: str, peer: Peer | None) -> bool:
        """Did this version's process open the connection?"""
        return self.versions.is_peer(version_id, peer)

    async def run(self) -> None:
        """Plans and performs whenever something has changed."""
        if self._envoy_adopted:
            self._envoy_adopted = False  # if it fails, rounds continue without it
            await self._catch_up_with_envoy()
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._name_adopted()
            if not self._paused:
                await self._round()
            self._changed()
            if not self._dirty.is_set():
                self._settled.set()

    async def settled(self) -> None:
        """Returns once no round is due or under way."""
        await self._settled.wait()

    def pause(self) -> None:
        """The edge is stopping: plans nothing from now on."""
        self._paused = True

    async def stop(self, grace: float) -> None:
        """Ends all processes at the same time."""
        await self.versions.stop_all(grace)

    async def _round(self) -> None:
        actions = plan(self.desired, self.state, self._previews, self.memory.room())
        before = self.state
        try:
            await self._restate_if_due()
            for action in actions:
                await self._perform(action)
            await self._adopted.make_reconnects(self._targets, self.desired.revision)
            self._fail("round", "")
        except Rejected as error:
            self._refused(error)
        except EnvoyUnavailable as error:
            self._fail("round", f"Envoy is unavailable: {error}")
        else:
            if actions and self.state == before:
                raise RuntimeError(f"a round of {len(actions)} actions changed nothing")
            return
        if self.state == before:
            await asyncio.sleep(_AGAIN_SECONDS)
        self._dirty.set()

    def _refused(self, error: Rejected) -> None:
        message = str(error)[:2000]
        self._fail("round", message)
        target = next_routes(self.desired, self.state)
        self.versions.state = edge_state.deployment_refused(self.state, target, message)

    def _fail(self, what: str, message: str) -> None:
        if message and message != self._errors.get(what):
            log.error("%s", message)
        self._errors[what] = message

    async def _perform(self, action: Action) -> None:
        match action:
            case Start():
                self.versions.start(action)
            case Warm(version_id):
                self.versions.wake(version_id)
            case Clusters(version_ids):
                await self._targets.reach(version_ids, self.desired.revision)
            case Routes():
                await self._route(action)
            case Keep(version_id):
                self._drains.cancel(version_id)
                self.versions.move(version_id, Phase.live)
            case Drain(version_id):
                self.versions.move(version_id, Phase.draining)
                self._drains.begin(
                    self.state.processes[version_id].version,
                    partial(self.versions.move, version_id, Phase.drained),
                )
            case Hurry(version_id):
                self._drains.cancel(version_id)
                self.versions.hurry(version_id)
            case Stop(version_id):
                self.versions.move(version_id, Phase.stopping)
                self.versions.stop(version_id)

    async def _route(self, routes: Routes) -> None:
        await self._assets.share(routes.snapshot.workers)
        await self._targets.route(routes)
        self._routed(routes.snapshot)

    def _routed(self, snapshot: Snapshot) -> None:
        if snapshot.revision or snapshot.workers:  # a new edge has nothing to save yet
            self.saver.changed()
        self._touch()  # something rejected before may be possible now

    def _name_adopted(self) -> None:
        self._adopted.name((self.state.applied, self.desired), self._previews)
        self._adopted.update_classes(self.desired)

    async def _catch_up_with_envoy(self) -> None:
        """An adopted Envoy may be ahead of the snapshot on disk, by what the last agent had no time
        to save: then the control plane has that. Otherwise it gets what this agent has."""
        try:
            reached = await self._envoy.reached()
            known = {*self.state.processes, *ids_of(self.state.applied.workers)}
            self.versions.state = edge_state.clusters_changed(
                self.state, frozenset(reached & known)
            )
            await until_not_behind(self._envoy.revision, self)
            self._must_restate = self.desired.revision <= self.state.applied.revision
            await self._restate_if_due()
        except (Rejected, EnvoyUnavailable) as error:
            self._fail("round", f"The adopted Envoy cannot be updated: {error}")

    async def _restate_if_due(self) -> None:
        """Tried again in the next round while Envoy is away."""
        if not self._must_restate:
            return
        try:
            await self._targets.restate(self.desired.revision)
        except Rejected:
            self._must_restate = False
            raise
        self._must_restate = False
        self._routed(self.state.applied)

    def _touch(self) -> None:
        self._settled.clear()
        self._dirty.set()
        self._changed()
