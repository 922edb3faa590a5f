"""Assigns a user id to a process until it has ended.

Agents and control planes of one machine coordinate by locks in /run/sluice-uids, which end with the
program that has them. A process may outlive that program, so ids of running processes are skipped
too.
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
    """`user` is None where processes run as the agent's own; `is_own` if no other process has it.
    `release` it when all processes have ended."""

    def __init__(self, user: User | None, free: Callable[[int], None] | None = None) -> None:
        self.user, self.is_own = user, free is not None
        self._free = free

    def end_all(self) -> None:
        """Kills every process of this user, since children may outlive their parent. Does nothing
        for a shared user."""
        if not self.is_own or self.user is None:
            return
        for _ in range(_ROUNDS):  # children forked meanwhile are killed in the next round
            left = processes_of(self.user.uid)
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not left:
                return

    def release(self) -> None:
        """Idempotent."""
        if self._free is not None and self.user is not None:
            self._free(self.user.uid)
        self._free = None


class Users:
    """Assigns ids in turn from a random one on, so that files left by one process do not belong to
    the next. `group` is shared by all its users; without one each has its own."""

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
        """The id of an adopted process."""
        if self.isolation.kind is not Kind.own or uid not in self.isolation.uids:
            return Claim(self._user(uid))
        with self._turn:
            self._taken.setdefault(uid, self._lock(uid))
        return Claim(self._user(uid), self._release)

    def _user(self, uid: int) -> User:
        return User(uid, uid if self._group is None else self._group)

    def _take(self) -> int:
        """Checks running processes after taking the lock, which excludes other programs."""
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
        """None if another program has it, or there is no folder for locks."""
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


def give_back(claim: Claim | None) -> None:
    """Kills what still runs as its user, then releases it."""
    if claim is not None:
        claim.end_all()
        claim.release()


def user_ids() -> set[int]:
    """Users of all processes that /proc shows."""
    return {uid for _, uid in _processes()}


def processes_of(uid: int) -> list[int]:
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
    """For inspections in the control plane."""
    try:
        asked = asked_for(os.environ)
    except RangeInvalid as error:
        log.error("SLUICE_EDGE_UIDS: %s", error)
        asked = None
    return Users(possible(asked))
