"""Connections of the pool while packets to the server are lost: only the first request waits."""

from __future__ import annotations

import time
from typing import Any, Self

import psycopg

from dashboard.fleet import connection_pool

LOST_SECONDS = 1.0
"""What fails later than this got no answer; a server that has ended refuses at once."""
QUIET_SECONDS = 1.0
"""For this long after an attempt without an answer there is no other one. A request may need two
connections, one after the other: to recognize its session, and for its view."""

_lost_at = float("-inf")


class PooledConnection(psycopg.Connection[Any]):
    """Only the pool's check calls `execute`, whenever a connection is taken; Django uses cursors.

    After a check without an answer the other connections are as dead, and each would cost the
    request another time-out.
    """

    @classmethod
    def connect(cls, *args: Any, **options: Any) -> Self:
        if time.monotonic() - _lost_at < QUIET_SECONDS:
            raise psycopg.OperationalError("PostgreSQL did not answer a moment ago")
        began = time.monotonic()
        try:
            return super().connect(*args, **options)
        except psycopg.Error:
            _is_lost_since(began)
            raise

    def execute(self, *args: Any, **options: Any) -> psycopg.Cursor[Any]:
        began = time.monotonic()
        try:
            return super().execute(*args, **options)
        except psycopg.Error:
            if _is_lost_since(began) and self._pool is not None:
                connection_pool.replace(self._pool)
            raise


def _is_lost_since(began: float) -> bool:
    global _lost_at
    now = time.monotonic()
    if now - began < LOST_SECONDS:
        return False
    _lost_at = now
    return True
