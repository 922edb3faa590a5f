"""The Envoy process: started with the last good resources, restarted when it dies, drained."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from routing.agent.base import edge_folder, messages
from routing.agent.base.backoff import Backoff
from routing.agent.base.child_process import Child, running, spawn
from routing.agent.base.limits import ENVIRONMENT
from routing.agent.base.process_end import End, EndKind
from routing.agent.base.process_notes import EnvoyNote, Note
from routing.agent.base.tasks import Tasks, in_thread_if
from routing.agent.discovery.discovery import Discovery, Rejected
from routing.agent.discovery.grpc import GrpcServer
from routing.agent.discovery.resources import Compiler
from routing.agent.envoy import start_config
from routing.agent.envoy.admin_client import Admin, EnvoyUnavailable
from routing.agent.envoy.drain import drain_and_quit
from routing.agent.envoy.retire import retire, set_aside
from routing.agent.handover.handover import Handover
from routing.agent.handover.leftovers import remove_leftovers
from routing.agent.handover.successor import sigterm_blocked
from routing.agent.hang.envoy import until_hung
from routing.agent.state.status import EnvoyFacts
from routing.compile import names
from routing.compile.envoy import config as compiled, routes
from routing.compile.envoy.protobuf import CLUSTER, SCOPE
from routing.snapshot import Snapshot, VersionSpec

log = logging.getLogger("edge")

OUTPUT = "log/envoy.txt"
UP_SECONDS = 30.0
GOOD_SECONDS = 10.0
"""An Envoy that ran this long is restarted without delay."""
_HANDOVER_SECONDS = 15.0
"""An Envoy that is not up by then on inherited sockets is restarted on new ones."""
_DRAIN_SECONDS = 5.0
_MANY = 50
_TRIM_SECONDS = 5.0


class Envoy:
    """`changed` is called when it comes up or goes down."""

    def __init__(
        self,
        program: Path,
        settings: compiled.Settings,
        concurrency: int,
        changed: Callable[[], None],
        launch: Callable[..., Child] = spawn,
    ) -> None:
        self.admin = Admin()
        self._launch = launch
        #: Why it does not run; "" while it does.
        self.problem = ""
        #: How often it ended unexpectedly.
        self.deaths = 0
        self._end: End | None = None
        self._end_message = ""
        self._up = asyncio.Event()
        self._program, self._settings, self._concurrency = program, settings, concurrency
        self._hung = ""
        self._changed = changed
        self.handover = Handover(program, start_config.addresses(settings), concurrency)
        self._discovery, self._compiler = Discovery(), Compiler()
        #: Where Envoy gets its clusters and routes; start it before Envoy.
        self.discovery_server = GrpcServer(names.DISCOVERY_SOCKET, self._discovery.connect)
        self._prepared = False
        self._child: Child | None = None
        self._adopted: Child | None = None
        self._stopping = False
        self._renewals: Counter[str] = Counter()
        #: The agent's own metrics port, stored in Envoy's note for the next agent.
        self.metrics_port: int | None = None

    def adopt(self, note: Note) -> bool:
        """Takes over an earlier agent's Envoy. False if its configuration or program is outdated,
        or it has ended: `run` then starts another and retires it."""
        with suppress(ProcessLookupError):
            self._adopted = Child(note)
            return note.envoy is not None and note.envoy.fingerprint == self._about().fingerprint
        return False

    @property
    def revision(self) -> int:
        """The revision of an adopted Envoy's routes; 0 if unknown."""
        return self._discovery.revision

    async def reached(self) -> set[str]:
        """Ids of the versions that an adopted Envoy reaches. Raises `EnvoyUnavailable`."""
        await self._ready()
        return self._discovery.versions()

    def retire(self, note: Note, tasks: Tasks) -> None:
        """Ends an Envoy that an earlier agent was replacing, once this one is up."""
        with suppress(ProcessLookupError):
            child = Child(note)
            set_aside(child.pid)
            tasks.once(f"retire Envoy {child.pid}", retire(child, self.until_up))

    async def until_up(self) -> None:
        """Returns once Envoy runs with all of its clusters and routes."""
        await self._up.wait()

    def prepare(self, snapshot: Snapshot, slots: Mapping[str, int]) -> None:
        """Clusters and routes for an Envoy that starts with `snapshot`."""
        self._prepared = True
        versions = [version for worker in snapshot.workers for version in worker.versions]
        workers = {v.id: worker.name for worker in snapshot.workers for v in worker.versions}
        with_props = routes.called_with_props(versions, workers)
        clusters = self._compiler.clusters(versions, self._renewals, with_props)
        self._discovery.put(CLUSTER, clusters, snapshot.revision)
        scopes = self._compiler.scopes(snapshot, slots, {})
        self._discovery.put(SCOPE, scopes, snapshot.revision)

    async def run(self, tasks: Tasks) -> None:
        """Keeps Envoy running until `stop`."""
        backoff = Backoff(free=1, reset=GOOD_SECONDS)
        loop = asyncio.get_running_loop()
        while not self._stopping:
            began = loop.time()
            try:
                child = self._child = await self._first(tasks) or self._start()
            except OSError as error:
                self._not_started(error)
                await asyncio.sleep(backoff.failed())
                continue
            self._discovery.follow(child.pid)
            coming = tasks.once("Envoy's start", self._come_up(child))
            watch = tasks.once("Envoy's watch", self._watch(child, tasks))
            while not (await asyncio.wait([child.ended], timeout=_TRIM_SECONDS))[0]:
                child.trim()
            coming.cancel()
            watch.cancel()
            was_up = self._up.is_set()
            self._up.clear()
            await self.admin.close()
            remove_leftovers(other.pid for other in running())
            if self._stopping:
                break
            self.deaths += 1
            self._ended_by_itself(child)
            self._changed()
            wait = backoff.failed(after=loop.time() - began)
            self.handover.lost(was_up=was_up, wait=wait)
            await asyncio.sleep(wait)
        await asyncio.Event().wait()

    def facts(self) -> EnvoyFacts:
        return EnvoyFacts(
            ends=self.deaths,
            end=self._end,
            message=self._end_message,
            waited=self.handover.waited,
            sockets=self.handover.count,
        )

    def _not_started(self, error: Exception) -> None:
        problem = f"Envoy cannot be started: {error}"
        if problem != self.problem:
            log.error("%s", problem)
        self.problem = problem
        self.handover.cancel()
        self._changed()

    def _ended_by_itself(self, child: Child) -> None:
        hung, self._hung = self._hung, ""
        self._end = End(EndKind.hang if hung else EndKind.crash, time.time())
        message = hung or messages.ended(child.ended.result(), child.output_tail())
        self._end_message = f"Envoy {message}"
        self.problem = self._end_message
        log.error("%s", self.problem)

    async def _watch(self, child: Child, tasks: Tasks) -> None:
        """Kills an Envoy that hangs; `run` restarts it."""
        await self._up.wait()
        settings = self._settings
        public = (settings.public_host, settings.public_port)
        hung = await until_hung(public, child.pid, tasks, workers=self._concurrency)
        if not self._stopping and not child.ended.done():
            self._hung = hung
            child.signal(signal.SIGKILL)

    async def reach(
        self, versions: Sequence[VersionSpec], revision: int, workers: Mapping[str, str] = {}
    ) -> None:
        """Replaces Envoy's clusters. `workers` are names by version id, for calls with props.
        Raises `Rejected` or `EnvoyUnavailable`."""
        await self._ready()
        renewals = dict(self._renewals)
        with_props = routes.called_with_props(versions, workers)
        resources = await in_thread_if(
            len(versions) > _MANY, self._compiler.clusters, versions, renewals, with_props
        )
        await self._discovery.replace(CLUSTER, resources, revision)

    def renew(self, version_id: str) -> None:
        """The next `reach` makes Envoy reconnect to this version."""
        self._renewals[version_id] += 1

    async def route(
        self,
        snapshot: Snapshot,
        slots: Mapping[str, int],
        leaving: Mapping[str, Sequence[VersionSpec]],
        coming: frozenset[str] = frozenset(),
    ) -> None:
        """Replaces the routes. Raises `Rejected` or `EnvoyUnavailable`."""
        await self._ready()
        many = len(snapshot.workers) > _MANY
        compile_scopes = self._compiler.scopes
        try:
            resources = await in_thread_if(many, compile_scopes, snapshot, slots, leaving, coming)
        except ValueError as error:
            raise Rejected(str(error)) from error
        await self._discovery.replace(SCOPE, resources, snapshot.revision)

    async def stop(self) -> None:
        """Drains Envoy, then ends it so that it flushes its log."""
        self._stopping = True
        child = self._child
        if child is None or child.ended.done():
            return
        self.handover.close()
        await drain_and_quit(self.admin, child.ended, seconds=_DRAIN_SECONDS)
        await child.stop(2.0)

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(UP_SECONDS):
                await self._up.wait()
        except TimeoutError:
            raise EnvoyUnavailable("Envoy is not running") from None

    async def _first(self, tasks: Tasks) -> Child | None:
        """The adopted Envoy, in the first iteration. An outdated one is retired, and its successor
        starts on the same sockets."""
        adopted, self._adopted = self._adopted, None
        if adopted is None or not self._prepared:
            return adopted
        await self.handover.take(adopted.pid)
        set_aside(adopted.pid)
        await self.admin.close()  # it is connected to the old Envoy
        tasks.once("Envoy's replacement", retire(adopted, self.until_up))
        return None

    def _start(self) -> Child:
        bootstrap = json.dumps(compiled.bootstrap(self._settings)).encode()
        edge_folder.write_or_overwrite(names.BOOTSTRAP, bootstrap)
        with suppress(FileNotFoundError):
            os.unlink(names.ADMIN_SOCKET)
        about = {"envoy": self._about()}
        command = [
            str(self._program),
            *start_config.arguments(self._concurrency),
            *self.handover.arguments(),
        ]
        with sigterm_blocked() if self.handover.is_under_way else nullcontext():
            return self._launch(
                command, output=OUTPUT, about=about, env=ENVIRONMENT, start_new_session=True
            )

    async def _is_live(self) -> bool:
        """Does it accept connections?"""
        with suppress(EnvoyUnavailable):
            return "LIVE" in await self.admin.get("/ready")
        return False

    def _about(self) -> EnvoyNote:
        return start_config.note(
            self._program, self._settings, self._concurrency, metrics_port=self.metrics_port
        )

    async def _come_up(self, child: Child) -> None:
        discovery, hurried = self._discovery, self.handover.is_under_way or child.is_adopted
        try:
            async with asyncio.timeout(_HANDOVER_SECONDS if hurried else None):
                await discovery.until(
                    discovery.is_connected if child.is_adopted else discovery.running
                )
                while not await self._is_live():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            child.signal(signal.SIGKILL)
            return
        child.describe(ready=True, envoy=self._about())
        self._up.set()
        self.problem = ""
        self._changed()
        log.info("Envoy runs (pid %d)", child.pid)
        await self.handover.take(child.pid)
        self._changed()
