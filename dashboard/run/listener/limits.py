"""How much one connection, one address and all of them may take."""

from __future__ import annotations

import resource
from dataclasses import dataclass

FILES_FOR_THE_REST = 300
"""Open files beside connections: the database's, those of threads, uploads on disk, logs."""
MOST_FILES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times are seconds. `connections` are all together; `per_address` counts an IPv6 /64 as one
    address and this machine not at all, since proxies and edges connect from there."""

    connections: int
    per_address: int
    head_seconds: float = 15.0
    head_bytes: int = 64 * 1024
    head_lines: int = 100
    pipelined: int = 16
    # As Apache's mod_reqtimeout: slow is fine, silent is not.
    body_seconds: float = 20.0
    body_bytes_a_second: int = 500
    unsent_seconds: float = 120.0
    #: Longer than `dashboard.run.web` lets uvicorn keep a connection.
    idle_seconds: float = 90.0
    handshake_seconds: float = 30.0
    #: What a WebSocket's client may send at once, and each second on average; ours send next to
    #: nothing.
    socket_bytes: int = 64 * 1024
    socket_bytes_a_second: int = 1024

    @property
    def bodies(self) -> int:
        """Requests whose body is under way: the other half is for those who only read."""
        return max(1, self.connections // 2)

    @property
    def sockets(self) -> int:
        return max(1, self.connections // 2)


def raise_open_files() -> int:
    """As many open files as the machine lets this process have; returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return MOST_FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


def limits_for(files: int, *, connections: int, per_address: int) -> Limits:
    """`connections`, or fewer where `files` are few."""
    room = max(64, files - FILES_FOR_THE_REST)
    total = min(connections, room)
    return Limits(connections=total, per_address=min(per_address, total))
