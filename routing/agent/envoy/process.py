"""The Envoy process: started with the last good files, restarted when it dies, drained."""

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
from routing.agent.envoy import start_config
from routing.agent.envoy.admin_client import Admin, EnvoyUnavailable
from routing.agent.envoy.config_files import Rejected, Unwritable, XdsFiles
from routing.agent.envoy.drain import drain_and_quit
from routing.agent.envoy.retire import retire, set_aside
from routing.agent.handover.handover import Handover
from routing.agent.handover.leftovers import remove_leftovers
from routing.agent.handover.successor import sigterm_blocked
from routing.agent.hang.envoy import until_hung
from routing.agent.state.status import EnvoyFacts
from routing.compile import names
from routing.compile.envoy import config as compiled
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
        self._files, self._prepared = XdsFiles(self.admin), False
        #: Arguments of a `prepare` that could not be written yet.
        self._unwritten: tuple[Snapshot, dict[str, int]] | None = None
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
        return self._files.revision()

    async def reached(self) -> set[str]:
        """Ids of the versions that an adopted Envoy reaches. Raises `EnvoyUnavailable`."""
        await self._ready()
        return self._files.versions()

    def retire(self, note: Note, tasks: Tasks) -> None:
        """Ends an Envoy that an earlier agent was replacing, once this one is up."""
        with suppress(ProcessLookupError):
            child = Child(note)
            set_aside(child.pid)
            tasks.once(f"retire Envoy {child.pid}", retire(child, self.until_up))

    async def until_up(self) -> None:
        """Returns once Envoy runs with all of its files."""
        await self._up.wait()

    def prepare(self, snapshot: Snapshot, slots: Mapping[str, int]) -> bool:
        """Writes Envoy's files for `snapshot`. False on a full disk: Envoy starts with the existing
        files, or once there is room."""
        self._prepared = True
        self._unwritten = (snapshot, dict(slots))
        try:
            return self._write_files()
        except (OSError, Unwritable) as error:
            log.error("Envoy's files cannot be written: %s", error)
            return False

    def _write_files(self) -> bool:
        """Raises `OSError` or `Unwritable` if Envoy cannot start at all."""
        if self._unwritten is None:
            return True
        snapshot, slots = self._unwritten
        bootstrap = json.dumps(compiled.bootstrap(self._settings)).encode()
        edge_folder.write_or_overwrite(names.BOOTSTRAP, bootstrap)
        versions = [version for worker in snapshot.workers for version in worker.versions]
        public, internal = start_config.routes(snapshot, slots, {})
        contents = {
            names.CLUSTERS: start_config.clusters(versions, self._renewals),
            names.PUBLIC_ROUTES: public,
            names.INTERNAL_ROUTES: internal,
        }
        written = [
            self._files.put(path, resources, snapshot.revision)
            for path, resources in contents.items()
        ]
        self._unwritten = None
        return all(written)

    async def run(self, tasks: Tasks) -> None:
        """Keeps Envoy running until `stop`."""
        backoff = Backoff(free=1, reset=GOOD_SECONDS)
        loop = asyncio.get_running_loop()
        while not self._stopping:
            began = loop.time()
            try:
                child = self._child = await self._first(tasks) or self._start()
            except (OSError, Unwritable) as error:
                self._not_started(error)
                await asyncio.sleep(backoff.failed())
                continue
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

    async def reach(self, versions: Sequence[VersionSpec], revision: int) -> None:
        """Replaces Envoy's clusters. Raises `Rejected`, `Unwritable` or `EnvoyUnavailable`."""
        await self._ready()
        renewals = dict(self._renewals)
        resources = await in_thread_if(
            len(versions) > _MANY, start_config.clusters, versions, renewals
        )
        await self._files.replace(names.CLUSTERS, resources, revision)

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
        """Replaces the routes, public first. Raises `Rejected`, `Unwritable` or
        `EnvoyUnavailable`."""
        await self._ready()
        many = len(snapshot.workers) > _MANY
        try:
            public, internal = await in_thread_if(
                many, start_config.routes, snapshot, slots, leaving, coming
            )
        except ValueError as error:
            raise Rejected(str(error)) from error
        await self._files.replace(names.PUBLIC_ROUTES, public, snapshot.revision)
        await self._files.replace(names.INTERNAL_ROUTES, internal, snapshot.revision)

    def rejection_reason(self, rejected: Rejected) -> str:
        """From Envoy's log, the only place that has it."""
        logged = start_config.last_problem(self._child.output_tail() if self._child else b"")
        return f"{rejected}: {logged}"[:2000] if logged else str(rejected)

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
            await asyncio.wait_for(self._up.wait(), UP_SECONDS)
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
        self._write_files()
        self._files.restore()
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

    def _about(self) -> EnvoyNote:
        return start_config.note(
            self._program, self._settings, self._concurrency, metrics_port=self.metrics_port
        )

    async def _come_up(self, child: Child) -> None:
        try:
            if child.is_adopted:
                await self._files.adopt()
            async with asyncio.timeout(_HANDOVER_SECONDS if self.handover.is_under_way else None):
                while not await self._files.running():
                    await asyncio.sleep(0.01)
        except (EnvoyUnavailable, TimeoutError):
            child.signal(signal.SIGKILL)
            return
        child.describe(ready=True, envoy=self._about())
        self._up.set()
        self.problem = ""
        self._changed()
        log.info("Envoy runs (pid %d)", child.pid)
        await self.handover.take(child.pid)
        self._changed()
