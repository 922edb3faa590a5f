"""What the pool of PostgreSQL connections does when the server is away.

By itself, psycopg's pool tries again ever more rarely, for minutes after the server is back, and
each request waits until its time-out. Where packets are lost, each connection of the pool would
cost the request another time-out.
"""

from __future__ import annotations

import threading
from typing import Any

TCP: dict[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 2500,
}
"""libpq's options: requests are answered within 4 s when packets to and from the server are lost.
A busy server is not away: its kernel acknowledges packets."""

SILENT_SECONDS = 1.5
"""Without a byte from the server for so long, another connection shows whether it is frozen."""

WAIT_SECONDS = 2.5
"""For a connection: longer than one attempt."""

GIVE_UP_SECONDS = 0.2
"""After a connection failed: the one other try is at the end of it."""

CLOSE_SECONDS = 1.0


def options(size: int) -> dict[str, Any]:
    """Django's `pool` option."""
    from dashboard.fleet.pooled_connection import PooledConnection  # not without PostgreSQL

    return {
        "min_size": 0,
        "max_size": size,
        "timeout": WAIT_SECONDS,
        "max_idle": 60,
        "reconnect_timeout": GIVE_UP_SECONDS,
        "reconnect_failed": replace_if_empty,
        "connection_class": PooledConnection,
    }


def replace_if_empty(pool: Any) -> None:
    """Fails the requests that wait, so that they are answered at once; the next request begins
    with a new pool. Where connections are left, only a further one was refused: they can wait."""
    if not pool.get_stats().get("pool_size", 0):
        replace(pool)


def replace(pool: Any) -> None:
    """The requests that wait for this pool fail; the next one begins with a new pool."""
    from django.db.backends.postgresql.base import DatabaseWrapper  # not while settings load

    pools = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
    for alias, current in list(pools.items()):
        if current is pool:
            pools.pop(alias, None)
    # Elsewhere: this is one of the threads that closing waits for.
    threading.Thread(target=pool.close, args=(CLOSE_SECONDS,), daemon=True).start()
