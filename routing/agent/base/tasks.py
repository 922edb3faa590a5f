"""All tasks of the agent, in one group."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

log = logging.getLogger("edge")

T = TypeVar("T")
P = ParamSpec("P")
_AGAIN_SECONDS = 1.0
_CANCEL_AGAIN_SECONDS = 0.5


class Tasks:
    """An exception in one task is logged and ends no other: an agent with a broken part is better
    than none."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._running: set[asyncio.Task[Any]] = set()
        #: The last fault of each task, by name.
        self.faults: dict[str, str] = {}

    def forever(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Runs `work` until it is cancelled. If it returns or raises it is started again."""
        return self._keep(self._group.create_task(self._repeated(name, work), name=name))

    def once(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T | None]:
        """The result is None if it failed."""
        task = self._group.create_task(self._guarded(name, work), name=name)
        task.add_done_callback(lambda _: work.close())  # cancelled before its first step
        return self._keep(task)

    async def stop(self, *, spare: asyncio.Task[Any] | None = None) -> None:
        """Cancels all running tasks and waits for them."""
        left = {task for task in self._running if task is not spare}
        while left:
            for task in left:
                task.cancel()
            # A library's task may drop a cancellation, as `wait_for` of Python 3.11 does.
            _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN_SECONDS)

    async def _repeated(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._guarded(name, self._endless(name, work))
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _endless(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        await work()
        raise RuntimeError(f"{name} ended unexpectedly")

    async def _guarded(self, name: str, work: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await work
        except Exception as error:
            log.exception("error in %s", name)
            self.faults[name] = f"{type(error).__name__}: {error}"
            return None

    def _keep(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


async def in_thread_if(large: bool, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs large work in a thread, so that overrides are answered meanwhile."""
    return await asyncio.to_thread(work, *args, **kwargs) if large else work(*args, **kwargs)
