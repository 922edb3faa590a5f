"""One raw request on a socket."""

from __future__ import annotations

import asyncio
import socket
from types import TracebackType
from typing import Self

Address = str | tuple[str, int]
"""The path of a Unix socket, or (IP address, port)."""


class Probe:
    """Sends `request` once; call `answered` repeatedly. Use it in a `with` block."""

    def __init__(self, address: Address, request: bytes) -> None:
        self._address, self._request = address, request
        self._socket = socket.socket(_family(address))
        self._socket.setblocking(False)
        self._sent = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    async def answered(self, within: float) -> bool:
        """Did a byte arrive within this many seconds? Raises `OSError` if the connection fails or
        ends without a byte: then another probe is needed."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within):
                if not self._sent:
                    await loop.sock_connect(self._socket, self._address)
                    await loop.sock_sendall(self._socket, self._request)
                    self._sent = True
                if not await loop.sock_recv(self._socket, 64):
                    raise ConnectionResetError("the connection ended without an answer")
                return True
        except TimeoutError:
            return False


def _family(address: Address) -> socket.AddressFamily:
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET
