"""A connection of the pool, which gives up the whole pool when packets to the server are lost."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from dashboard.fleet import connection_pool

LOST_SECONDS = 1.0
"""A check that fails later than this got no answer; a server that has ended refuses at once."""


class PooledConnection(psycopg.Connection[Any]):
    """Only the pool's check calls `execute`, whenever a connection is taken; Django uses cursors.

    After a check without an answer the other connections are as dead, and each would cost the
    request another time-out.
    """

    def execute(self, *args: Any, **options: Any) -> psycopg.Cursor[Any]:
        began = time.monotonic()
        try:
            return super().execute(*args, **options)
        except psycopg.Error:
            if time.monotonic() - began > LOST_SECONDS and self._pool is not None:
                connection_pool.replace(self._pool)
            raise
