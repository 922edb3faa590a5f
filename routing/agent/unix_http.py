"""A very small HTTP server on a Unix socket, for questions answered from memory at once."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import httptools

log = logging.getLogger("edge")

LARGEST_BODY = 4 << 20


@dataclass(slots=True)
class Request:
    """`headers` holds the lines in order; names are lower case."""

    method: str
    path: str
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def lines(self, name: bytes) -> list[bytes]:
        """The values of all lines of that name (given in lower case)."""
        return [value for line_name, value in self.headers if line_name == name]


@dataclass(frozen=True, slots=True)
class Response:
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


Answer: TypeAlias = Callable[[Request], Response]


class _Connection(asyncio.Protocol):
    """One keep-alive connection. httptools calls the `on_` methods."""

    def __init__(self, answer: Answer, open_ones: set[asyncio.Transport]) -> None:
        self._answer, self._open = answer, open_ones
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body = b"", [], bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_body(self, piece: bytes) -> None:
        """Chunked or not; a larger body than anybody sends ends the connection."""
        self._body += piece
        if len(self._body) > LARGEST_BODY:
            self._body.clear()
            self._transport.close()

    def on_message_complete(self) -> None:
        if self._transport.is_closing():
            return
        method = self._parser.get_method().decode("latin-1")
        body = bytes(self._body)
        request = Request(method, self._url.decode("latin-1"), self._headers, body)
        self._transport.write(_bytes(self._answer(request)))
        if not self._parser.should_keep_alive():
            self._transport.close()


class Server:
    """Answers on the socket `path`. `mode` says who may connect."""

    def __init__(self, path: str, answer: Answer, *, mode: int) -> None:
        self._path, self._answer, self._mode = path, answer, mode
        self._open: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Returns once connections are accepted."""
        with suppress(FileNotFoundError):
            os.unlink(self._path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Connection(self._answer, self._open), self._path, backlog=1024
        )
        os.chmod(self._path, self._mode)

    def stop(self) -> None:
        """Closes the socket and every connection."""
        if self._server is not None:
            self._server.close()
        for transport in tuple(self._open):
            transport.close()


def _bytes(response: Response) -> bytes:
    reason = b"OK" if response.status == 200 else b"-"
    lines = [b"HTTP/1.1 %d %s" % (response.status, reason)]
    lines += [name + b": " + value for name, value in response.headers]
    if response.status != 204:
        lines.append(b"content-length: %d" % len(response.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + response.body
