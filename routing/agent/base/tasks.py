"""All of the agent's tasks, in one group: none is lost, and none ends unseen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

log = logging.getLogger("edge")

T = TypeVar("T")
_AGAIN_SECONDS = 1.0


class Tasks:
    """Starts tasks in a `TaskGroup`. A fault in one is logged and ends no other: while traffic
    flows, an agent with a broken part is better than none."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._running: set[asyncio.Task[Any]] = set()
        #: The last fault of each task, by name.
        self.faults: dict[str, str] = {}

    def forever(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Runs `work` until it is cancelled. Ending before is a fault; then it starts again."""
        return self._keep(self._group.create_task(self._repeated(name, work), name=name))

    def once(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T | None]:
        """Runs `work` to its end; the result is None if it failed."""
        task = self._group.create_task(self._guarded(name, work), name=name)
        task.add_done_callback(lambda _: work.close())  # cancelled before its first step
        return self._keep(task)

    async def stop(self, *, spare: asyncio.Task[Any] | None = None) -> None:
        """Cancels everything that still runs and waits for it."""
        left = [task for task in self._running if task is not spare]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    async def _repeated(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._guarded(name, self._endless(name, work))
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _endless(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        await work()
        raise RuntimeError(f"{name} ended without being asked to")

    async def _guarded(self, name: str, work: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await work
        except Exception as error:
            log.exception("fault in %s", name)
            self.faults[name] = f"{type(error).__name__}: {error}"
            return None

    def _keep(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task
