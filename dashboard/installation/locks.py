"""Locks between processes, on one machine or many: an advisory lock of PostgreSQL, or a locked
file beside SQLite's. Both end with their process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from routing.file_lock import file_lock

#: Names of locks. Nothing waits for one of them while it holds a later one.
SETUP, MIGRATE = "setup", "migrate"


@contextmanager
def installation_lock(name: str) -> Iterator[None]:
    """Waits until no other process of this installation holds the lock `name`."""
    if connection.vendor == "postgresql":
        with _advisory_lock(name):
            yield
        return
    database = str(connection.settings_dict["NAME"])
    if connection.is_in_memory_db():  # type: ignore[attr-defined]  # SQLite's has it
        yield
        return
    with file_lock(Path(f"{database}.{name}.lock")):
        yield


@contextmanager
def _advisory_lock(name: str) -> Iterator[None]:
    # Its own connection: a lock belongs to a session, and migrations may close theirs.
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_key(name)])
            yield
    finally:
        own.close()


def _key(name: str) -> int:
    """A signed 64-bit number, as PostgreSQL has it."""
    digest = hashlib.blake2s(f"sluice.{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
