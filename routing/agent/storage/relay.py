"""Passes connections on, byte by byte."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]

_CHUNK = 1 << 18
_CONNECT_SECONDS = 5.0
_BACKLOG = 1024


class Relay:
    """`connect` opens the other end of one connection. Without it the client's is closed."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._server: asyncio.Server | None = None

    async def start(self, path: str, mode: int) -> None:
        """Listens at `path`, which it replaces. Raises `OSError`."""
        with suppress(FileNotFoundError):
            os.unlink(path)
        self._server = await asyncio.start_unix_server(self._serve, path, backlog=_BACKLOG)
        os.chmod(path, mode)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                far_reader, far_writer = await self._connect()
        except (OSError, TimeoutError):
            await _closed(writer)
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, far_writer))
                group.create_task(_pump(far_reader, writer))
        finally:
            await _closed(far_writer)
            await _closed(writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one end closes."""
    with suppress(OSError, RuntimeError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def unix(path: str) -> Connect:
    return lambda: asyncio.open_unix_connection(path)


def https(url: str, ca_file: str | None) -> Connect:
    """The server's certificate must be valid for the host."""
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=ca_file)
    host, port = parts.hostname or "", parts.port or 443
    return lambda: asyncio.open_connection(host, port, ssl=context)
