"""So many at once for one person, and in all. Who comes later waits a little, or is refused.

Places are of one web process: what they protect are its threads and its share of Python's lock.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class NoPlace(Exception):
    """All places are taken, and no other came free in time. `own`: by this person alone."""

    def __init__(self, own: bool) -> None:
        super().__init__("own" if own else "all")
        self.own = own


@dataclass
class Places:
    """`each` for one subject, `total` in all; up to `queue` of one subject wait so many seconds."""

    each: int
    total: int
    queue: int = 0
    wait_seconds: float = 0.0
    _taken: Counter[str] = field(default_factory=Counter)
    _waiting: Counter[str] = field(default_factory=Counter)
    _changed: threading.Condition = field(default_factory=threading.Condition)

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
        with self._changed:
            if not self._is_free(subject):
                self._wait(subject)
            self._taken[subject] += 1

    def take_anyway(self, subject: str) -> None:
        """For one that had a place and only waited: it comes to its end."""
        with self._changed:
            self._taken[subject] += 1

    def give_back(self, subject: str) -> None:
        with self._changed:
            _less(self._taken, subject)
            self._changed.notify_all()

    def _is_free(self, subject: str) -> bool:
        return self._taken[subject] < self.each and self._taken.total() < self.total

    def _wait(self, subject: str) -> None:
        """Until one is free for this subject; others need not wait for that."""
        own = self._taken[subject] >= self.each
        if self._waiting[subject] >= self.queue:
            raise NoPlace(own)
        self._waiting[subject] += 1
        try:
            if not self._changed.wait_for(lambda: self._is_free(subject), self.wait_seconds):
                raise NoPlace(own)
        finally:
            _less(self._waiting, subject)


def _less(counts: Counter[str], subject: str) -> None:
    """One less; what is zero takes no room."""
    counts[subject] -= 1
    if counts[subject] <= 0:
        del counts[subject]
