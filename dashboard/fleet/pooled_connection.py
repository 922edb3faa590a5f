"""Connections of the pool while PostgreSQL does not answer: only the first request waits.

Two ways of not answering: packets are lost (TCP's time-outs end those), or the server is frozen, as
a paused container is: its kernel still accepts connections and acknowledges packets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, Self, TypeVar

import psycopg
from psycopg.waiting import READY_NONE

from dashboard.fleet import connection_pool

Result = TypeVar("Result")

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

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Raises `OperationalError` if the server is frozen. A query may take as long as it likes
        on a server that accepts another connection meanwhile."""
        return super().wait(raise_if_silent(gen, self._check_server), *args, **options)

    def _check_server(self) -> None:
        pool: Any = self._pool  # its arguments are attributes of the two kinds of pool only
        if pool is None:
            return
        began = time.monotonic()
        try:
            self.connect(pool.conninfo, **pool.kwargs).close()
        except psycopg.Error as error:
            if began - _lost_at >= QUIET_SECONDS and not _is_lost_since(began):
                return  # it answers, with a refusal
            self.pgconn.finish()  # a rollback would wait as long again
            connection_pool.replace(pool)
            raise psycopg.OperationalError("PostgreSQL does not answer") from error


def raise_if_silent(
    waits: Generator[Any, Any, Result], check: Callable[[], None]
) -> Generator[Any, Any, Result]:
    """`waits` as it is; calls `check` each `SILENT_SECONDS` in which the server sent nothing."""
    heard_at = time.monotonic()
    try:
        wanted = next(waits)
        while True:
            ready = yield wanted
            now = time.monotonic()
            if ready != READY_NONE:
                heard_at = now
            elif now - heard_at >= connection_pool.SILENT_SECONDS:
                check()
                heard_at = time.monotonic()
            wanted = waits.send(ready)
    except StopIteration as end:
        result: Result = end.value
        return result


def _is_lost_since(began: float) -> bool:
    global _lost_at
    now = time.monotonic()
    if now - began < LOST_SECONDS:
        return False
    _lost_at = now
    return True
