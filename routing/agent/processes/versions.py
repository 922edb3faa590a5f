"""All version processes, and the edge's state, which describes them."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

from routing.agent.adoption.edge_state import note_of
from routing.agent.base.process_end import EndKind
from routing.agent.base.process_notes import Note, VersionNote
from routing.agent.base.tasks import Tasks
from routing.agent.processes.interfaces import (
    NoObjects,
    ObjectHooks,
    RunningVersion,
    StartVersion,
)
from routing.agent.processes.process_config import Configurations
from routing.agent.processes.start_limiter import StartLimiter
from routing.agent.state import state as edge_state
from routing.agent.state.actions import Start
from routing.agent.state.state import EdgeState, Phase, Process, ProcessState
from routing.agent.users.claims import Users
from routing.agent.users.peers import Peer
from routing.compile.workerd import config as workerd

log = logging.getLogger("edge")

_STARTS_AT_ONCE = 2 * (os.cpu_count() or 1)


class Versions:
    """Starts and stops processes and updates `state`. `changed` is called after every change."""

    def __init__(
        self,
        *,
        configurations: Configurations,
        users: Users,
        tasks: Tasks,
        hang_seconds: float,
        changed: Callable[[], None],
        start_version: StartVersion,
        objects: ObjectHooks | None = None,
    ) -> None:
        self.state: EdgeState = EdgeState()
        #: Cron and queue events in progress, by version id.
        self.events: Counter[str] = Counter()
        self._configurations, self._users = configurations, users
        self._tasks, self._changed = tasks, changed
        self._hang_seconds, self._start_version = hang_seconds, start_version
        self._objects = objects or NoObjects()
        self._start_limiter = StartLimiter(_STARTS_AT_ONCE)
        self._processes: dict[str, RunningVersion] = {}
        self._starts: dict[str, Start] = {}

    def slots(self) -> dict[str, int]:
        """By version id."""
        return {key: process.slot for key, process in self.state.processes.items()}

    def is_peer(self, version_id: str, peer: Peer | None) -> bool:
        """Did this version's process open the connection?"""
        process = self._processes.get(version_id)
        return process is not None and peer is not None and process.is_peer(peer)

    def start(self, start: Start) -> None:
        self.run(
            start,
            Process(
                worker=start.worker,
                version=start.version,
                slot=start.slot,
                since=time.time(),
                state=ProcessState.cold if start.cold else ProcessState.starting,
            ),
        )

    def run(self, start: Start, process: Process, adopted: Note | None = None) -> None:
        """Keeps a version running, from the `adopted` process on if there is one."""
        version_id = start.version.id
        self.state = edge_state.process_started(self.state, process)
        self._starts[version_id] = start
        self._processes[version_id] = self._start_version(
            version_id=version_id,
            sockets=workerd.socket_names(start.version),
            prepare=lambda: self._configurations.of(self._starts[version_id]),
            groups=lambda: self._objects.groups(self._starts[version_id].version),
            let_go=partial(self._objects.let_go, version_id),
            about=partial(self._about, version_id),
            tell=partial(self._on_process_state, version_id),
            users=self._users,
            tasks=self._tasks,
            start_limiter=self._start_limiter,
            hang_seconds=self._hang_seconds,
            adopted=adopted,
            cold=start.cold,
        )

    def name(self, start: Start) -> None:
        """What a snapshot says of a running version: its next process is started so."""
        self._starts[start.version.id] = start
        self._processes[start.version.id].sockets = workerd.socket_names(start.version)
        self.state = edge_state.version_named(self.state, start.version)

    def renew(self, version_id: str, reconnect: Callable[[], Awaitable[None]]) -> None:
        """In the background; see `VersionProcess.renew`."""
        renewal = self._processes[version_id].renew(reconnect)
        self._tasks.once(f"renew {version_id}", renewal)

    def pid(self, version_id: str) -> int | None:
        """Of the version's process, while it has one."""
        process = self._processes.get(version_id)
        return process.pid if process is not None else None

    def wake(self, version_id: str) -> None:
        """Starts the process of a cold version."""
        restarts = self.state.processes[version_id].restarts
        self._on_process_state(version_id, ProcessState.starting, restarts, "", None)
        self._processes[version_id].wake()

    def sleep(self, version_id: str) -> None:
        """In the background: ends the process until the next request."""
        self._tasks.once(f"sleep {version_id}", self._processes[version_id].sleep())

    def hurry(self, version_id: str) -> None:
        """Its slot is needed: kills the process instead of waiting for its requests."""
        self.state = edge_state.process_hurried(self.state, version_id, at=time.time())
        self._processes[version_id].hurry()
        self._changed()

    def move(self, version_id: str, phase: Phase) -> None:
        self.state = edge_state.phase_changed(self.state, version_id, phase, at=time.time())
        self._changed()

    def stop(self, version_id: str) -> None:
        """In the background."""
        self._tasks.once(f"stop {version_id}", self._stop(version_id))

    async def stop_all(self, grace: float) -> None:
        """All at the same time."""
        stops = [
            self._tasks.once("stop", process.stop(grace)) for process in self._processes.values()
        ]
        if stops:
            await asyncio.wait(stops)

    async def _stop(self, version_id: str) -> None:
        process = self._processes[version_id]
        if self.state.processes[version_id].hurried:
            process.hurry()
        await process.stop()
        del self._processes[version_id], self._starts[version_id]
        self.state = edge_state.process_ended(self.state, version_id)
        log.info("version %s has stopped", version_id)
        self._changed()

    def _about(self, version_id: str) -> VersionNote:
        fingerprint = self._configurations.fingerprint(self._starts[version_id])
        return note_of(self.state.processes[version_id], fingerprint)

    def _on_process_state(
        self, version_id: str, state: ProcessState, restarts: int, message: str, end: EndKind | None
    ) -> None:
        log.info("version %s is %s%s", version_id, state, f": {message}" if message else "")
        self.state = edge_state.process_state_changed(
            self.state,
            version_id,
            state,
            at=time.time(),
            restarts=restarts,
            message=message,
            end=end,
        )
        if state is ProcessState.running and version_id in self._processes:
            self._processes[version_id].note()
        self._changed()
