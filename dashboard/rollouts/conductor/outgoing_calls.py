"""Calls to outside servers that wait for their answers."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Generic, TypeVar

AT_ONCE = 32
EACH = 2
"""Calls of one rollout, or to one hook, that may wait for an answer at the same time."""
CLAIM = timedelta(seconds=15)
"""Beyond its timeout, how long a call stays claimed if its conductor dies."""

Call = TypeVar("Call")
Result = TypeVar("Result")


class OutgoingCalls(ABC, Generic[Call, Result]):
    """The calls of one process. Only the thread of `look` reads and writes rows; the pool only
    waits, so that a server that hangs delays no other."""

    name: str

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=self.name)
        self._waiting: dict[Future[Result], Call] = {}

    @abstractmethod
    def look(self, now: datetime) -> None:
        """Stores finished calls, then starts those that are due."""

    def close(self) -> bool:
        """Stops calling; False when a call still waits for its answer."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        return all(future.done() for future in self._waiting)

    def pause(self, stop: threading.Event, seconds: float) -> None:
        """Until the next look; an answer that comes earlier is stored at once."""
        if self._waiting:
            wait(self._waiting, seconds, FIRST_COMPLETED)
        else:
            stop.wait(seconds)

    def _answered(self) -> Iterator[tuple[Call, Future[Result]]]:
        """Removes and yields finished calls."""
        for future in [future for future in self._waiting if future.done()]:
            yield self._waiting.pop(future), future
