"""Database work of sockets, in a few threads of its own.

Requests have a thread each. Sockets live in the event loop, and by default all of them would share
one thread: a writer that waits for SQLite's lock would hold up every page that is open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import DatabaseSyncToAsync

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
"""Renderings take turns at Python's lock anyway; more threads would only add connections."""

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sockets")


def in_database(work: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """`work` as a coroutine function; stale connections are closed before and after it."""
    found: Callable[P, Awaitable[T]] = DatabaseSyncToAsync(
        work, thread_sensitive=False, executor=_threads
    )
    return found
