"""Why nothing can be written: the dashboard's own disk, or the database's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError

from routing.disk import DiskState, disk_state, state_of
from routing.object_storage import StorageFailed

_CHECKED_FOR = 2.0
"""Seconds to cache the state of the disk: /healthz may be polled often."""
_checked: tuple[float, DiskState] = (float("-inf"), DiskState.ok)


@dataclass(frozen=True, slots=True)
class Problem:
    """`state` is a `DiskState`, "away" for a database that is locked, stopped or unreachable, or
    "bucket" for object storage that does not answer or refuses."""

    state: str
    status: int


_BUCKET = Problem("bucket", HTTPStatus.SERVICE_UNAVAILABLE)
_AWAY = Problem("away", HTTPStatus.SERVICE_UNAVAILABLE)
_SQLITE_MESSAGES = {
    "database or disk is full": DiskState.full,
    "attempt to write a readonly database": DiskState.read_only,
    "disk i/o error": DiskState.broken,
    "unable to open database file": DiskState.broken,
}
_SQLSTATES = {
    "53100": DiskState.full,
    "25006": DiskState.read_only,
    "58030": DiskState.broken,
}
"""SQLSTATE: disk_full, read_only_sql_transaction, io_error."""


def problem_of(error: BaseException | None) -> Problem | None:
    """The storage problem behind `error`, if it is one."""
    if isinstance(error, DatabaseError | InterfaceError):
        return _of_database(error)
    if isinstance(error, StorageFailed):
        return _BUCKET
    if isinstance(error, OSError) and (state := state_of(error, settings.DATA_DIR)):
        return None if state is DiskState.broken else _cannot_write(state)
    return None


def own_disk() -> DiskState:
    """The state of the data folder's disk, checked at most every two seconds."""
    global _checked
    checked_at, state = _checked
    if time.monotonic() - checked_at > _CHECKED_FOR:
        state = disk_state(settings.DATA_DIR)
        _checked = (time.monotonic(), state)
    return state


def _of_database(error: BaseException) -> Problem | None:
    cause = error.__cause__ or error
    if state := _SQLSTATES.get(getattr(cause, "sqlstate", None) or ""):
        return _cannot_write(state)
    message = str(cause).lower()
    for text, state in _SQLITE_MESSAGES.items():
        if text in message:
            return _cannot_write(_closer(state))
    return _AWAY if isinstance(error, OperationalError | InterfaceError) else None


def _closer(state: DiskState) -> DiskState:
    """SQLite reports a full disk as "I/O error" when it cannot extend its shared memory."""
    return (own_disk() or state) if state is DiskState.broken else state


def _cannot_write(state: DiskState) -> Problem:
    is_full = state in (DiskState.full, DiskState.no_inodes)
    status = HTTPStatus.INSUFFICIENT_STORAGE if is_full else HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(state.value, status)
