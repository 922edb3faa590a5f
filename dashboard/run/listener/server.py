"""uvicorn's server on a socket of ours, with a look at all connections each second."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import uvicorn

from dashboard.run.listener.connections import Connections

log = logging.getLogger("uvicorn.error")

BACKLOG = 2048
ACCEPTED_AT_A_TURN = 64
"""Connections taken in before others get their turn; also how often asyncio would repeat an accept
that fails for lack of files (Python 3.11 goes on after the error)."""
TICKS_A_LOOK = 10
"""uvicorn ticks ten times a second."""
NO_FILES = "socket.accept() out of system resource"
SAY_EVERY = 30.0


class Server(uvicorn.Server):
    """`connections` are those that the protocols tell about."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._open_ones = connections
        self._said_at = -SAY_EVERY

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(self._failed)
        await super().startup(sockets)
        for listening in sockets or []:
            listening.listen(BACKLOG)  # asyncio uses one number for this and for each turn

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_A_LOOK == 0:
            self._open_ones.close_overdue()
        return await super().on_tick(counter)

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Without files left, asyncio waits a second and tries again; meanwhile we make room."""
        if context.get("message") != NO_FILES:
            loop.default_exception_handler(context)
            return
        self._open_ones.make_room()
        if loop.time() - self._said_at >= SAY_EVERY:
            self._said_at = loop.time()
            error = context.get("exception")
            log.error("Cannot accept connections (%s): %d are open", error, len(self._open_ones))


def listening_socket(host: str, port: int) -> socket.socket:
    """Raises `OSError` where the address is taken or not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)
