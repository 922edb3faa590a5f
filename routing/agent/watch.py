"""Notices a version that hangs: workerd itself answers a request without Host, without running
any of the version's code, unless its event loop is stuck."""

from __future__ import annotations

import asyncio
import socket

from routing.agent.spawn import Child

EVERY_SECONDS = 2.0
_PROBE = b"GET / HTTP/1.0\r\n\r\n"


async def watch(path: str, child: Child, *, hang_seconds: float) -> bool:
    """Returns True once the process behind `path` has not answered for `hang_seconds`."""
    silent = 0.0
    while silent < hang_seconds:
        await asyncio.sleep(min(EVERY_SECONDS, hang_seconds / 2) if not silent else 0.05)
        began = asyncio.get_running_loop().time()
        answered = await probe(path, timeout=hang_seconds - silent)
        silent = 0.0 if answered else silent + asyncio.get_running_loop().time() - began + 0.05
        child.trim()
    return True


async def probe(path: str, *, timeout: float) -> bool:
    """Does workerd answer on this socket within `timeout` seconds?"""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.setblocking(False)
        try:
            async with asyncio.timeout(timeout):
                await loop.sock_connect(connection, path)
                await loop.sock_sendall(connection, _PROBE)
                return bool(await loop.sock_recv(connection, 64))
        except (OSError, TimeoutError):
            return False
