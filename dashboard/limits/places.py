"""So many at once for one person, and in all. Who comes later waits a little, or is refused.

Places are of one web process: what they protect are its threads and its share of Python's lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class NoPlace(Exception):
    """All places are taken, and no other came free in time. `own`: by this person alone."""

    def __init__(self, own: bool) -> None:
        super().__init__("own" if own else "all")
        self.own = own


@dataclass
class _Own:
    """The places of one subject, and how many of its requests hold one or wait."""

    free: threading.Semaphore
    inside: int = 0


@dataclass
class Places:
    """`each` for one subject, `total` in all; up to `queue` of one subject wait so many seconds.

    Who waits is woken alone, and not by places that others give back.
    """

    each: int
    total: int
    queue: int = 0
    wait_seconds: float = 0.0
    _own: dict[str, _Own] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._free = threading.Semaphore(self.total)

    @contextmanager
    def place(self, subject: str) -> Iterator[None]:
        """Holds one while the block runs; raises `NoPlace`."""
        self.take(subject)
        try:
            yield
        finally:
            self.give_back(subject)

    def take(self, subject: str) -> None:
        """Raises `NoPlace`; else `give_back` must follow."""
        own = self._enter(subject)
        ends = time.monotonic() + self.wait_seconds
        if not _acquired(own.free, self.wait_seconds):
            self._leave(subject)
            raise NoPlace(own=True)
        if not _acquired(self._free, ends - time.monotonic()):
            own.free.release()
            self._leave(subject)
            raise NoPlace(own=False)

    def give_back(self, subject: str) -> None:
        self._free.release()
        self._own[subject].free.release()
        self._leave(subject)

    def taken(self) -> int:
        """How many hold a place or wait for one."""
        with self._lock:
            return sum(own.inside for own in self._own.values())

    def _enter(self, subject: str) -> _Own:
        with self._lock:
            own = self._own.setdefault(subject, _Own(threading.Semaphore(self.each)))
            if own.inside >= self.each + self.queue:
                raise NoPlace(own=True)
            own.inside += 1
            return own

    def _leave(self, subject: str) -> None:
        with self._lock:
            own = self._own[subject]
            own.inside -= 1
            if not own.inside:
                del self._own[subject]


def _acquired(free: threading.Semaphore, seconds: float) -> bool:
    return free.acquire(timeout=seconds) if seconds > 0 else free.acquire(blocking=False)
