"""A thread that runs its tasks in turn. A task that fails is logged and tried again later; it stops
no other task."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from django.db import OperationalError, close_old_connections
from django.utils import timezone

from routing.agent.base.backoff import Backoff

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 10.0
"""Between tries of a task that fails, unless it runs less often anyway."""
STUCK_SECONDS = 120.0

Do = Callable[[datetime], object]


class TaskState(StrEnum):
    ok = "ok"
    failing = "failing"
    stuck = "stuck"


class Task:
    """`do(now)` every `every` seconds. `stuck_after`: seconds that a healthy call may take."""

    def __init__(
        self, name: str, do: Do, *, every: float = LOOK_SECONDS, stuck_after: float = STUCK_SECONDS
    ) -> None:
        self.name, self.every = name, every
        self._do, self._stuck_after = do, stuck_after
        self._retry = Backoff(first=every, most=max(every, LONGEST_RETRY_SECONDS))
        self._due_at = 0.0
        self._began_at: float | None = None

    def run_if_due(self, clock: float) -> None:
        """`clock`: monotonic seconds."""
        if clock < self._due_at:
            return
        self._began_at = clock
        wait = self.every if self._succeeds() else self._retry.failed()
        self._began_at, self._due_at = None, max(clock, time.monotonic()) + wait

    def running_seconds(self, clock: float) -> float:
        """Of the call under way; 0 if there is none."""
        began_at = self._began_at
        return clock - began_at if began_at is not None else 0.0

    def state(self, clock: float) -> TaskState:
        if self.running_seconds(clock) > self._stuck_after:
            return TaskState.stuck
        return TaskState.failing if self._retry.failures else TaskState.ok

    def _succeeds(self) -> bool:
        try:
            close_old_connections()
            self._do(timezone.now())
        except OperationalError as error:
            log.warning("%s: the database does not answer: %s", self.name, error)
            return False
        except Exception:  # a guard: the other tasks must run
            log.exception("%s failed", self.name)
            return False
        self._retry.worked()
        return True


class Loop:
    """`pause(stop, seconds)` waits between rounds; `close()` is called at the end and returns False
    when work is still in progress."""

    def __init__(
        self,
        *tasks: Task,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
        close: Callable[[], bool] = lambda: True,
    ) -> None:
        self.tasks, self.close = tasks, close
        self._pause = pause

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        seconds = min(task.every for task in self.tasks)
        while not stop.is_set():
            for task in self.tasks:
                if not stop.is_set():
                    task.run_if_due(time.monotonic())
            self._pause(stop, min(seconds, 1.0))
