"""Durable Objects of one edge: what the other parts of the agent need of them."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable

import msgspec

from routing.agent.base.child_process import Child, running
from routing.agent.base.tasks import Tasks
from routing.agent.base.unix_http_server import Request, Response
from routing.agent.objects.alarm_clock import AlarmClock
from routing.agent.objects.alarm_store import AlarmStore
from routing.agent.objects.assignments import Assignments
from routing.agent.objects.endpoint import JSON, PATH, AlarmEndpoint
from routing.agent.objects.folders import ObjectFolders
from routing.agent.processes.supervisor import Supervisor
from routing.agent.users.isolation import Isolation
from routing.compile.workerd.objects import is_objects_path, objects_answer, worker_of_path
from routing.snapshot import Snapshot, VersionSpec

log = logging.getLogger("edge")

_MEASURE_SECONDS = 10.0


class Objects:
    """`connect` it to the supervisor, which needs it first."""

    def __init__(self, edge: str, tasks: Tasks, isolation: Isolation) -> None:
        """`edge` is the name of this edge."""
        self._edge, self._tasks = edge, tasks
        self.folders = ObjectFolders(isolation)
        self._store = AlarmStore()
        self._assignments: Assignments | None = None
        self._deleted: tuple[str, ...] = ()
        #: By namespace: {"objects", "bytes"}.
        self.usage: dict[str, dict[str, int]] = {}

    def connect(
        self, supervisor: Supervisor, children: Callable[[], Iterable[Child]] = running
    ) -> None:
        def applied() -> Snapshot:
            return supervisor.state.applied

        self._supervisor = supervisor
        self._assignments = Assignments(
            self._tasks,
            children=children,
            pid_of=supervisor.versions.pid,
            applied=applied,
            admit=self.folders.admit_group,
            edge=self._edge,
        )
        self._clock = AlarmClock(
            self._store, self._tasks, applied, lambda: round(time.time() * 1000), self._edge
        )
        self._endpoint = AlarmEndpoint(
            self._store,
            self._clock,
            lambda: supervisor.state.processes,
            supervisor.is_version_peer,
        )

    def start(self) -> None:
        assert self._assignments is not None
        self._tasks.forever("objects", self._assignments.run)
        self._tasks.forever("alarms", self._clock.run)
        self._tasks.forever("measure objects", self._measure)

    def changed(self) -> None:
        """Processes or percentages may have changed; cheap."""
        if self._assignments is not None:
            self._assignments.changed()
            self._delete(self._supervisor.state.applied.deleted_objects)

    def groups(self, version: VersionSpec) -> tuple[int, ...]:
        return self.folders.groups(version)

    async def let_go(self, version_id: str) -> None:
        if self._assignments is not None:
            await self._assignments.let_go(version_id)

    def answer(self, request: Request) -> Response | None:
        """None if the request is not about objects."""
        if self._assignments is None:
            return None
        if request.method == "GET" and is_objects_path(request.path):
            applied, slots = self._supervisor.state.applied, self._supervisor.versions.slots()
            assigned = self._assignments.assigned(worker_of_path(request.path))
            where = objects_answer(applied, slots, request.path, self._edge, assigned)
            return Response(200, JSON, msgspec.json.encode(where))
        if request.method == "POST" and request.path == PATH:
            return self._endpoint.answer(request)
        return None

    async def _measure(self) -> None:
        while True:
            if self.folders.namespaces() or self.usage:
                self.usage = await asyncio.to_thread(self.folders.usage)
            await asyncio.sleep(_MEASURE_SECONDS)

    def _delete(self, namespaces: tuple[str, ...]) -> None:
        """Those that no process uses any more."""
        if namespaces is self._deleted or not namespaces:
            return
        processes = self._supervisor.state.processes.values()
        used = {of.namespace for process in processes for of in process.version.objects}
        try:
            for namespace in set(namespaces) & self.folders.namespaces() - used:
                self._store.delete_namespace(namespace)
                self.folders.delete(namespace)
        except (OSError, sqlite3.Error) as error:
            log.error("deleted Durable Objects cannot be removed: %s", error)
            return
        if not used & set(namespaces):
            self._deleted = namespaces
