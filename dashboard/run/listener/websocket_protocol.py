"""uvicorn's WebSocket, watched. Clients of ours are silent: one that sends much is cut off, with
frames of every kind counted, pings included."""

from __future__ import annotations

import asyncio
from asyncio.transports import BaseTransport
from typing import Any

import uvicorn

from dashboard.run.listener.connections import Connections
from dashboard.run.unmasked_ws_frame import WebSockets


class ListenerConfig(uvicorn.Config):
    """uvicorn's, with the connections of the process."""

    def __init__(self, *args: Any, connections: Connections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connections = connections


def connections_of(config: uvicorn.Config) -> Connections:
    assert isinstance(config, ListenerConfig)
    return config.connections


class WatchedWebSockets(WebSockets):
    """`_spent`: bytes received that its allowance has not covered yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open_ones = connections_of(self.config)
        self._spent, self._counted_at = 0.0, self.loop.time()

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self._open_ones.hand_over(transport, self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.remove(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete and self._talks_too_much(len(data)):
            self.transport.abort()
        else:
            super().data_received(data)

    def _talks_too_much(self, size: int) -> bool:
        limits, now = self._open_ones.limits, self.loop.time()
        earned = (now - self._counted_at) * limits.socket_bytes_a_second
        self._spent = max(0.0, self._spent - earned) + size
        self._counted_at = now
        return self._spent > limits.socket_bytes

    @property
    def waits_for_us(self) -> bool:
        """Whether the handshake is over: then it may be silent as long as it answers pings."""
        return self.handshake_complete

    def expire(self) -> None:
        self.transport.abort()
