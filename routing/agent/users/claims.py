"""One user id for one process, until it has ended.

Agents and control planes of one machine agree by locks in /run/sluice-uids, which end with the
program that holds them. A process may outlive that program, so an id is also left alone while any
process in /proc has it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from routing.agent.users.isolation import NOBODY, Isolation, Kind, User, asked_for, possible
from routing.agent.users.ranges import RangeInvalid

log = logging.getLogger("edge")

LOCKS = Path("/run/sluice-uids")
_ROUNDS = 3


class NoUserFree(OSError):
    """Every id of the range belongs to a process."""


class Claim:
    """`user` is None where processes run as the agent's own; `is_own` where no other process has
    it. `release` it when all has ended."""

    def __init__(self, user: User | None, free: Callable[[int], None] | None = None) -> None:
        self.user, self.is_own = user, free is not None
        self._free = free

    def end_all(self) -> None:
        """Kills what runs as this user: what a process that was taken over started outlives it
        otherwise. Where the user is shared nothing is done."""
        if not self.is_own or self.user is None:
            return
        for _ in range(_ROUNDS):  # one that forks meanwhile is met in the next round
            left = processes_of(self.user.uid)
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not left:
                return

    def release(self) -> None:
        """The id may be given to another process; doing so twice is no fault."""
        if self._free is not None and self.user is not None:
            self._free(self.user.uid)
        self._free = None


class Users:
    """Gives ids out in turn, from a random one on: what a process left behind is not the next's.
    `group` is that of all its users; without one each has a group of its own."""

    def __init__(
        self, isolation: Isolation, *, group: int | None = None, locks: Path = LOCKS
    ) -> None:
        self.isolation = isolation
        self._group, self._locks = group, locks
        self._taken: dict[int, int | None] = {}
        self._turn = threading.Lock()
        count = len(isolation.uids)
        self._next = random.SystemRandom().randrange(count) if count else 0

    def claim(self) -> Claim:
        """Raises `NoUserFree`."""
        if self.isolation.kind is Kind.agent:
            return Claim(None)
        if self.isolation.kind is Kind.shared:
            return Claim(User(NOBODY, NOBODY))
        with self._turn:
            return Claim(self._user(self._take()), self._release)

    def adopt(self, uid: int) -> Claim:
        """The id of a process that an earlier agent started and that lives on."""
        if self.isolation.kind is not Kind.own or uid not in self.isolation.uids:
            return Claim(self._user(uid))
        with self._turn:
            self._taken.setdefault(uid, self._lock(uid))
        return Claim(self._user(uid), self._release)

    def _user(self, uid: int) -> User:
        return User(uid, uid if self._group is None else self._group)

    def _take(self) -> int:
        """Looks at the processes after it has the lock: whoever looks later is kept out by it."""
        for uid in self._in_turn():
            if uid in self._taken:
                continue
            lock = self._lock(uid)
            if lock is None and self._locks.is_dir():
                continue
            if uid in user_ids():
                self._unlock(lock)
                continue
            self._taken[uid] = lock
            return uid
        ids = self.isolation.uids
        raise NoUserFree(f"all user ids from {ids.start} to {ids.stop - 1} are in use")

    def _in_turn(self) -> Iterator[int]:
        ids = self.isolation.uids
        for _ in range(len(ids)):
            self._next = (self._next + 1) % len(ids)
            yield ids[self._next]

    def _release(self, uid: int) -> None:
        with self._turn:
            self._unlock(self._taken.pop(uid, None))

    def _lock(self, uid: int) -> int | None:
        """None where another program has it, or where there is no place for locks."""
        try:
            self._locks.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(self._locks / str(uid), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock

    def _unlock(self, lock: int | None) -> None:
        if lock is not None:
            os.close(lock)


def user_ids() -> set[int]:
    """The users of all processes on this machine, as far as /proc shows them."""
    return {uid for _, uid in _processes()}


def processes_of(uid: int) -> list[int]:
    """Those of this user that have not ended."""
    return [pid for pid, owner in _processes() if owner == uid]


def _processes() -> Iterator[tuple[int, int]]:
    """(process, user)."""
    with suppress(FileNotFoundError), os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                with suppress(OSError):
                    yield int(entry.name), entry.stat().st_uid


@cache
def of_this_process() -> Users:
    """For what is not an edge's: inspections of uploads, in the control plane."""
    try:
        asked = asked_for(os.environ)
    except RangeInvalid as error:
        log.error("SLUICE_EDGE_UIDS: %s", error)
        asked = None
    return Users(possible(asked))
