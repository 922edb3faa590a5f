"""Assigns Durable Objects to processes as percentages and processes change."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from routing.agent.base.child_process import Child
from routing.agent.base.tasks import Tasks
from routing.agent.objects import object_process
from routing.agent.objects.handover import Holder, next_assignments
from routing.agent.objects.object_process import Address, Unreachable
from routing.rules.object_assignment import Ranges, assigned_ranges, without
from routing.snapshot import Snapshot

log = logging.getLogger("edge")

_CHECK_SECONDS = 0.5
"""Ends of processes are noticed then, if nothing else happens."""
_LEAVING_SECONDS = 60.0
"""A process that has let go ends long before. One that still runs then was not replaced."""


@dataclass(slots=True, eq=False)
class _Process:
    """`ranges` is None if unknown. `assigned` is what the agent has assigned last. Until
    `leaves_until` (time of the loop) another process is about to take its sockets, or has them."""

    child: Child
    version_id: str
    worker: str
    ranges: Ranges | None
    assigned: Ranges = ()
    leaves_until: float = 0.0
    task: asyncio.Task[None] | None = None

    @property
    def address(self) -> Address:
        about = self.child.note.version
        return Address(self.version_id, about.instance if about is not None else "")

    @property
    def namespaces(self) -> list[str]:
        about = self.child.note.version
        return [of.namespace for of in about.objects] if about is not None else []

    @property
    def has_left(self) -> bool:
        return asyncio.get_running_loop().time() < self.leaves_until

    @property
    def is_busy(self) -> bool:
        return self.task is not None and not self.task.done()


class Assignments:
    """`children` are all running processes, `pid_of` is the process that answers on a version's
    sockets, `applied` the snapshot that Envoy routes by. `admit` lets a process write what others
    have created in the folders of these namespaces. `edge` is the name of this edge."""

    def __init__(
        self,
        tasks: Tasks,
        *,
        children: Callable[[], Iterable[Child]],
        pid_of: Callable[[str], int | None],
        applied: Callable[[], Snapshot],
        admit: Callable[[Iterable[str]], None],
        edge: str,
    ) -> None:
        self._tasks, self._children, self._pid_of = tasks, children, pid_of
        self._admit, self._edge = admit, edge
        self._applied = applied
        self._processes: dict[int, _Process] = {}
        self._is_due = asyncio.Event()

    def changed(self) -> None:
        """Something may have changed; cheap."""
        self._is_due.set()

    async def run(self) -> None:
        """Runs forever."""
        while True:
            self.advance()
            with suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_SECONDS):
                    await self._is_due.wait()
            self._is_due.clear()

    def advance(self) -> None:
        """Starts what can be done now."""
        self._update()
        targets = self._targets()
        for worker in sorted({process.worker for process in self._processes.values()}):
            holders = [self._holder(process, worker) for process in self._sharing(worker)]
            for pid, ranges in next_assignments(holders, targets.get(worker, {})).items():
                self._start(self._processes[pid], self._assign(self._processes[pid], ranges))
        for process in self._processes.values():
            if process.ranges is None and self._is_reachable(process):
                self._start(process, self._learn(process))

    def assigned(self, worker: str) -> dict[str, Ranges]:
        """What the Worker's versions may run now, or in a moment."""
        self._update()
        return {
            process.version_id: process.assigned
            for process in self._processes.values()
            if process.worker == worker and self._is_current(process)
        }

    async def let_go(self, version_id: str) -> None:
        """Returns when the version's process has no objects: another one is about to take its
        sockets. If it does not let go, it is killed."""
        self._update()
        process = self._processes.get(self._pid_of(version_id) or 0)
        if process is None:
            return
        process.leaves_until = asyncio.get_running_loop().time() + _LEAVING_SECONDS
        if process.task is not None:
            await asyncio.wait([process.task])
        await self._move(process, (), is_leaving=True)
        if process.ranges is None:
            await asyncio.shield(process.child.ended)
        self._is_due.set()

    def _update(self) -> None:
        before, self._processes = self._processes, {}
        for child in self._children():
            about = child.note.version
            if about is None or not about.objects or child.ended.done():
                continue
            process = before.get(child.pid)
            if process is None:
                # What this agent has started was never assigned anything.
                ranges = None if child.is_adopted else ()
                process = _Process(child, about.id, about.worker, ranges)
            self._processes[child.pid] = process

    def _targets(self) -> dict[str, dict[str, Ranges]]:
        """By Worker and version."""
        workers = {process.worker for process in self._processes.values()}
        return {
            spec.name: assigned_ranges(spec.deployment.shares)
            for spec in self._applied().workers
            if spec.name in workers and spec.runs_objects_on(self._edge)
        }

    def _sharing(self, worker: str) -> list[_Process]:
        """The Worker's processes, and those of a Worker that has transferred a class to it."""
        own = [process for process in self._processes.values() if process.worker == worker]
        namespaces = {namespace for process in own for namespace in process.namespaces}
        return [
            process
            for process in self._processes.values()
            if process.worker == worker or not namespaces.isdisjoint(process.namespaces)
        ]

    def _holder(self, process: _Process, worker: str) -> Holder:
        """As the processes of `worker` see it."""
        return Holder(
            pid=process.child.pid,
            version_id=process.version_id,
            ranges=process.ranges,
            is_reachable=process.worker == worker and self._is_reachable(process),
        )

    def _is_current(self, process: _Process) -> bool:
        is_current = self._pid_of(process.version_id) == process.child.pid
        return is_current and process.child.note.ready and not process.has_left

    def _is_reachable(self, process: _Process) -> bool:
        return self._is_current(process) and not process.is_busy

    def _start(self, process: _Process, work: Coroutine[Any, Any, None]) -> None:
        process.task = self._tasks.once(f"objects of {process.version_id}", work)

    async def _assign(self, process: _Process, ranges: Ranges) -> None:
        try:
            if without(ranges, [process.ranges or ()]):
                await asyncio.to_thread(self._admit, process.namespaces)
        except OSError as error:
            log.error("the folders of Durable Objects cannot be prepared: %s", error)
            await asyncio.sleep(_CHECK_SECONDS)
        else:
            if not process.has_left:
                await self._move(process, ranges)
        self._is_due.set()

    async def _move(self, process: _Process, ranges: Ranges, *, is_leaving: bool = False) -> None:
        """Meanwhile, the process counts as having both the old and the new ranges."""
        process.assigned = ranges
        if process.ranges is not None:
            process.ranges = (*process.ranges, *ranges)
        try:
            await object_process.assign(process.address, ranges, is_leaving=is_leaving)
            process.ranges = ranges
        except Unreachable as error:
            process.ranges = None
            if not process.child.ended.done():
                text = "version %s did not give up its objects and is killed: %s"
                log.warning(text, process.version_id, error)
                process.child.signal(signal.SIGKILL)

    async def _learn(self, process: _Process) -> None:
        """What an adopted process has."""
        try:
            process.ranges = await object_process.open_ranges(process.address)
            process.assigned = process.ranges
        except Unreachable as error:
            log.info("the objects of version %s are unknown: %s", process.version_id, error)
            await asyncio.sleep(_CHECK_SECONDS)
        self._is_due.set()
