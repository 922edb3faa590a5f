"""What the pool of PostgreSQL connections does when the server is away.

By itself, psycopg's pool tries again ever more rarely, for minutes after the server is back, and
each request waits until its time-out.
"""

from __future__ import annotations

import threading
from typing import Any

GIVE_UP_SECONDS = 0.2
"""After a connection failed: the one other try is at the end of it."""

CLOSE_SECONDS = 1.0


def options(size: int) -> dict[str, Any]:
    """Django's `pool` option."""
    return {
        "min_size": 0,
        "max_size": size,
        "timeout": 5,
        "max_idle": 60,
        "reconnect_timeout": GIVE_UP_SECONDS,
        "reconnect_failed": replace_if_empty,
    }


def replace_if_empty(pool: Any) -> None:
    """Fails the requests that wait, so that they are answered at once; the next request begins
    with a new pool. Where connections are left, only a further one was refused: they can wait."""
    from django.db.backends.postgresql.base import DatabaseWrapper  # not while settings load

    if pool.get_stats().get("pool_size", 0):
        return
    pools = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
    for alias, current in list(pools.items()):
        if current is pool:
            pools.pop(alias, None)
    # Elsewhere: this is one of the threads that closing waits for.
    threading.Thread(target=pool.close, args=(CLOSE_SECONDS,), daemon=True).start()
