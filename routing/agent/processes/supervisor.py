"""Performs the plan: processes, Envoy's clusters and routes, drains, ends. One round at a time."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from routing.agent.adoption.edge_state import note_of, process_of
from routing.agent.adoption.notes import Note, VersionNote
from routing.agent.adoption.sorting import NOTHING, Sorted
from routing.agent.adoption.unnamed import Unnamed, until_not_behind
from routing.agent.base.child_process import Child
from routing.agent.base.sealed_file import Seal
from routing.agent.base.tasks import Tasks
from routing.agent.config import Config
from routing.agent.control_plane.module_cache import Modules
from routing.agent.envoy.admin_client import Away
from routing.agent.envoy.config_files import Rejected, Unwritable
from routing.agent.envoy.process import Envoy
from routing.agent.processes.drain import Drains
from routing.agent.processes.last_applied import needed, save
from routing.agent.processes.process_config import Configurations
from routing.agent.processes.start_gate import Gate
from routing.agent.processes.version_process import STOP_SECONDS, VersionProcess
from routing.agent.state import state as now_held
from routing.agent.state.plan import (
    Action,
    Clusters,
    Drain,
    Hurry,
    Keep,
    Routes,
    Start,
    Stop,
    next_routes,
    plan,
)
from routing.agent.state.state import EndKind, Held, Phase, Process, State, version_ids
from routing.agent.users.claims import Users
from routing.agent.users.peers import Peer
from routing.compile.workerd import config as workerd
from routing.compile.workerd.slots import slots_answer
from routing.snapshot import EMPTY, Preview, Snapshot, VersionSpec

log = logging.getLogger("edge")

_AGAIN_SECONDS = 0.5
_RECONNECT_SECONDS = 10.0
_STARTS_AT_ONCE = 2 * (os.cpu_count() or 1)


class Supervisor:
    """Brings what is held to what is desired. `changed` is called after every change."""

    def __init__(
        self,
        *,
        config: Config,
        envoy: Envoy,
        modules: Modules,
        seal: Seal,
        users: Users,
        tasks: Tasks,
        changed: Callable[[], None],
    ) -> None:
        self._config, self._envoy, self._modules = config, envoy, modules
        self._seal, self._users = seal, users
        self._tasks, self._changed = tasks, changed
        self._processes: dict[str, VersionProcess] = {}
        self._gate = Gate(_STARTS_AT_ONCE)
        self._configurations = Configurations(
            modules,
            tail=config.details,
            key=config.token.reveal().encode(),
            isolation=users.isolation,
        )
        self._drains = Drains(envoy.admin, tasks, config)
        self._dirty = asyncio.Event()
        self._unsaved = asyncio.Event()
        self._saving = asyncio.Lock()
        self._paused = False
        self.held: Held = Held()
        self.desired: Snapshot = EMPTY
        self._previews: Mapping[str, Preview] = {}
        self._saved: Snapshot = EMPTY
        self._earlier: Snapshot = EMPTY
        self._errors: dict[str, str] = {}
        self._starts: dict[str, Start] = {}
        self._unnamed = Unnamed(self._configurations.fingerprint)
        self._envoy_adopted = False
        self._reconnects: list[asyncio.Future[None]] = []

    @property
    def error(self) -> str:
        """What stands in the way of the whole edge; "" if nothing does."""
        return "; ".join(message for message in self._errors.values() if message)

    def boot(self, applied: Snapshot, inherited: Sorted = NOTHING) -> None:
        """Adopts what runs, starts the rest of what was applied last; Envoy is to be started with
        it right after, unless it is adopted."""
        self.held, self.desired = now_held.restored(applied), applied
        self._saved = self._earlier = applied
        for note in (*inherited.versions, *inherited.leaving):
            self._adopt(note)
        self._name_adopted()
        for action in plan(self.desired, self.held):
            if isinstance(action, Start):
                self._start(action)
        if inherited.envoy is not None and self._envoy.adopt(inherited.envoy):
            self._envoy_adopted = True
        else:
            self._envoy.prepare(applied, self._slots())

    def want(self, snapshot: Snapshot) -> None:
        """The desired state is this from now on."""
        self.desired = snapshot
        self._touch()

    def want_beside(self, previews: Mapping[str, Preview]) -> None:
        """These versions are to run as well, by id, whatever the desired state is."""
        self._previews = previews
        self._touch()

    def slots(self, path: str) -> dict[str, object]:
        """How RPC calls are to be spread, as routed now; `path` says to whom."""
        return slots_answer(self.held.applied, self._slots(), path)

    def speaks_for(self, version_id: str, peer: Peer | None) -> bool:
        """Whether who connected to a socket of ours is this version's process."""
        process = self._processes.get(version_id)
        return process is not None and peer is not None and process.is_peer(peer)

    async def run(self) -> None:
        """Plans and performs whenever something has changed."""
        if self._envoy_adopted:
            self._envoy_adopted = False  # should this fail, the rounds go on without it
            await self._catch_up_with_envoy()
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._name_adopted()
            if not self._paused:
                await self._round()
            self._changed()

    async def save(self) -> None:
        """Keeps the applied snapshot for the next start, and only the modules still needed."""
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            try:
                kept = await self._save()
                now = needed(self.held, self.desired, self._earlier)
                self._modules.evict([*needed(kept, kept.applied), *now])
                self._fail("save", "")
            except OSError as error:
                self._fail("save", f"the snapshot cannot be kept: {error.strerror}")
                await asyncio.sleep(_AGAIN_SECONDS)
                self._unsaved.set()

    async def save_now(self) -> None:
        """Keeps what is applied, unless that is on disk already."""
        try:
            await self._save()
        except OSError as error:
            log.error("the snapshot cannot be kept: %s", error.strerror)

    async def _save(self) -> Held:
        """Writes what is applied, one save at a time: all go through the same temporary file."""
        async with self._saving:
            kept = self.held
            if kept.applied is not self._saved:
                await asyncio.to_thread(save, kept, self._seal)
                self._earlier, self._saved = self._saved, kept.applied
            return kept

    def pause(self) -> None:
        """From now on nothing is planned: the edge is stopping."""
        self._paused = True

    async def stop(self, grace: float) -> None:
        """Ends all processes at the same time."""
        stops = [
            self._tasks.once("stop", process.stop(grace)) for process in self._processes.values()
        ]
        if stops:
            await asyncio.wait(stops)

    async def _round(self) -> None:
        actions = plan(self.desired, self.held, self._previews)
        before = self.held
        try:
            for action in actions:
                await self._perform(action)
            await self._make_reconnects()
            self._fail("round", "")
        except Rejected as error:
            self._refused(error)
        except Unwritable as error:
            self._fail("round", str(error))
        except Away as error:
            self._fail("round", f"Envoy is away: {error}")
        else:
            if actions and self.held == before:
                raise RuntimeError(f"a round of {len(actions)} actions changed nothing")
            return
        if self.held == before:
            await asyncio.sleep(_AGAIN_SECONDS)
        self._dirty.set()

    def _refused(self, error: Rejected) -> None:
        message = self._envoy.complaint(error)
        self._fail("round", message)
        target = next_routes(self.desired, self.held)
        self.held = now_held.refused(self.held, target, message)

    def _fail(self, what: str, message: str) -> None:
        if message and message != self._errors.get(what):
            log.error("%s", message)
        self._errors[what] = message

    async def _perform(self, action: Action) -> None:
        match action:
            case Start():
                self._start(action)
            case Clusters(version_ids):
                await self._reach(version_ids)
            case Routes():
                await self._route(action)
            case Keep(version_id):
                self._drains.cancel(version_id)
                self._move(version_id, Phase.live)
            case Drain(version_id):
                self._move(version_id, Phase.draining)
                self._drains.begin(
                    self.held.processes[version_id].version,
                    partial(self._move, version_id, Phase.drained),
                )
            case Hurry(version_id):
                self._drains.cancel(version_id)
                self.held = now_held.hurried(self.held, version_id, at=time.time())
                self._processes[version_id].hurry()
                self._touch()
            case Stop(version_id):
                self._move(version_id, Phase.stopping)
                self._tasks.once(f"stop {version_id}", self._stop(version_id))

    def _start(self, start: Start) -> None:
        self._run_version(
            start,
            Process(worker=start.worker, version=start.version, slot=start.slot, since=time.time()),
        )

    def _run_version(self, start: Start, process: Process, adopted: Note | None = None) -> None:
        version_id = start.version.id
        self.held = now_held.started(self.held, process)
        self._starts[version_id] = start
        self._processes[version_id] = VersionProcess(
            version_id=version_id,
            sockets=workerd.socket_names(start.version),
            prepare=lambda: self._configurations.of(self._starts[version_id]),
            about=partial(self._about, version_id),
            tell=partial(self._felt, version_id),
            users=self._users,
            tasks=self._tasks,
            gate=self._gate,
            hang_seconds=self._config.hang_seconds,
            adopted=adopted,
        )

    def _about(self, version_id: str) -> VersionNote:
        fingerprint = self._configurations.fingerprint(self._starts[version_id])
        return note_of(self.held.processes[version_id], fingerprint)

    # --- after an earlier agent -------------------------------------------------------------------

    def _adopt(self, note: Note) -> None:
        about = note.version
        if about is None or about.id in self.held.processes:
            with suppress(ProcessLookupError):
                self._tasks.once(f"stop {note.process.pid}", Child(note).stop(STOP_SECONDS))
            return
        process = process_of(note, about)
        self._run_version(Start(about.worker, process.version, about.slot), process, note)
        if note.stopping:
            self._tasks.once(f"stop {about.id}", self._stop(about.id))
        else:
            self._unnamed.add(about)

    def _name_adopted(self) -> None:
        """Adopted versions that a snapshot names get its configuration: what they need to be
        started again. Those that run with another one are replaced."""
        snapshots = (self.held.applied, self.desired)
        for start, is_current in self._unnamed.named(snapshots, self._previews):
            version_id = start.version.id
            self._starts[version_id] = start
            self.held = now_held.named(self.held, start.version)
            if not is_current:
                renewal = self._processes[version_id].renew(partial(self._reconnect, version_id))
                self._tasks.once(f"renew {version_id}", renewal)

    async def _reconnect(self, version_id: str) -> None:
        """Returns once Envoy has let go of its connections to the version, or cannot."""
        self._envoy.renew(version_id)
        done = asyncio.get_running_loop().create_future()
        self._reconnects.append(done)
        self._touch()
        with suppress(TimeoutError):
            await asyncio.wait_for(done, _RECONNECT_SECONDS)

    async def _make_reconnects(self) -> None:
        done, self._reconnects = self._reconnects, []
        if done and self.held.clusters:
            await self._reach(self.held.clusters)
        for future in done:
            if not future.done():
                future.set_result(None)

    async def _catch_up_with_envoy(self) -> None:
        """An adopted Envoy may be ahead of the snapshot on disk by what the agent had no time to
        keep: then the control plane has that. Otherwise it gets the files of now, which change
        nothing where they are the same."""
        try:
            reached = await self._envoy.reached()
            known = {*self.held.processes, *version_ids(self.held.applied.workers)}
            self.held = now_held.clustered(self.held, frozenset(reached & known))
            await until_not_behind(self._envoy.revision, self)
            if self.desired.revision <= self.held.applied.revision:
                await self._restate()
        except (Rejected, Away) as error:
            self._fail("round", f"The adopted Envoy: {error}")

    async def _restate(self) -> None:
        deployed = version_ids(self.held.applied.workers)
        clusters = self.held.clusters | deployed
        await self._reach(clusters)
        await self._route(Routes(self.held.applied, clusters - deployed, self.held.coming))

    async def _reach(self, version_ids: frozenset[str]) -> None:
        if not version_ids and self.held.applied.workers:
            raise RuntimeError("refusing to remove every cluster from Envoy")
        known = {v.id: v for worker in self.held.applied.workers for v in worker.versions}
        known |= {key: process.version for key, process in self.held.processes.items()}
        versions = [known[key] for key in sorted(version_ids)]
        await self._envoy.reach(versions, self.desired.revision)
        self.held = now_held.clustered(self.held, version_ids)

    async def _route(self, routes: Routes) -> None:
        snapshot = routes.snapshot
        going: dict[str, list[VersionSpec]] = {}
        for key in sorted(routes.leaving):
            process = self.held.processes[key]
            going.setdefault(process.worker, []).append(process.version)
        await self._envoy.route(snapshot, self._slots(), going, routes.coming)
        if snapshot.revision != self.held.applied.revision:
            log.info("revision %d is applied", snapshot.revision)
        self.held = now_held.routed(self.held, snapshot, routes.leaving, routes.coming)
        if snapshot.revision or snapshot.workers:  # a new edge has nothing to keep yet
            self._unsaved.set()
        self._dirty.set()  # something refused before may be possible now
        self._changed()

    async def _stop(self, version_id: str) -> None:
        process = self._processes[version_id]
        if self.held.processes[version_id].hurried:
            process.hurry()
        await process.stop()
        del self._processes[version_id], self._starts[version_id]
        self.held = now_held.ended(self.held, version_id)
        log.info("version %s has left", version_id)
        self._touch()

    def _slots(self) -> dict[str, int]:
        return {key: process.slot for key, process in self.held.processes.items()}

    def _move(self, version_id: str, phase: Phase) -> None:
        self.held = now_held.moved(self.held, version_id, phase, at=time.time())
        self._touch()

    def _felt(
        self, version_id: str, state: State, restarts: int, message: str, end: EndKind | None
    ) -> None:
        log.info("version %s is %s%s", version_id, state, f": {message}" if message else "")
        self.held = now_held.felt(
            self.held,
            version_id,
            state,
            at=time.time(),
            restarts=restarts,
            message=message,
            end=end,
        )
        if state is State.running and version_id in self._processes:
            self._processes[version_id].note()
        self._touch()

    def _touch(self) -> None:
        self._dirty.set()
        self._changed()
