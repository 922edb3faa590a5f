"""Database work of sockets, in a few threads of its own.

Requests have a thread each. Sockets live in the event loop, and by default all of them would share
one thread: a writer that waits for SQLite's lock would hold up every page that is open.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import ParamSpec, TypeVar

from channels.db import DatabaseSyncToAsync
from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
"""Renderings take turns at Python's lock anyway; more threads would only add connections."""

CONNECTION_SECONDS = 60
"""How long a thread keeps its connection to SQLite."""

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sockets")


def in_database(work: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """`work` as a coroutine function; stale connections are closed before and after it."""

    @wraps(work)
    def keeping(*args: P.args, **kwargs: P.kwargs) -> T:
        result = work(*args, **kwargs)
        _keep_connection()
        return result

    found: Callable[P, Awaitable[T]] = DatabaseSyncToAsync(
        keeping, thread_sensitive=False, executor=_threads
    )
    return found


def _keep_connection() -> None:
    """Opening SQLite takes 2.6 ms of CPU, and each edge's socket asks three times a second.
    PostgreSQL has a pool."""
    now = time.monotonic()
    if connection.vendor == "sqlite" and (connection.close_at or now) <= now:
        connection.close_at = now + CONNECTION_SECONDS
