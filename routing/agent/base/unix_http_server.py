"""A small HTTP server on a Unix socket, for Envoy and the runtime."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import httptools

from routing.agent.base.tasks import Tasks
from routing.agent.users.peers import Peer, peer_of

log = logging.getLogger("edge")

LARGEST_BODY = 4 << 20
LARGEST_HEAD = 256 << 10
"""Envoy forwards up to 128 KB of headers."""
MOST_LINES = 300
MOST_CONNECTIONS = 4096
MESSAGE_SECONDS = 30.0
"""From a message's first byte to its last; the client is on this machine."""


@dataclass(slots=True)
class Request:
    """`headers` are in order, with lower-case names. `peer` is the process that connected."""

    method: str
    path: str
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    peer: Peer | None = None

    def lines(self, name: bytes) -> list[bytes]:
        """All values of the header (lower-case name)."""
        return [value for line_name, value in self.headers if line_name == name]


@dataclass(frozen=True, slots=True)
class Response:
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


Answer: TypeAlias = Callable[[Request], Response | Coroutine[Any, Any, Response]]
Reply: TypeAlias = Callable[[Response], None]


class _Connection(asyncio.Protocol):
    """One keep-alive connection. httptools calls the `on_` methods."""

    def __init__(
        self, ask: Callable[[Request, Reply], None], open_ones: set[asyncio.Transport]
    ) -> None:
        self._ask, self._open = ask, open_ones
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._head_size, self._in_head, self._whole = 0, False, True
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer = peer_of(transport.get_extra_info("socket"))
        if len(self._open) >= MOST_CONNECTIONS:
            transport.abort()
        self._open.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self._transport)
        self._stop_timer()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()
        if self._whole:
            self._stop_timer()
        else:
            self._expect_rest(len(data))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expect_rest(self, size: int) -> None:
        """Times out an incomplete message. Nearly all come in one piece and never get here."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(MESSAGE_SECONDS, self._transport.abort)
        if self._in_head:
            self._head_size += size
            if self._head_size > LARGEST_HEAD:
                self._transport.close()

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body = b"", [], bytearray()
        self._whole, self._in_head, self._head_size = False, True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))
        if len(self._headers) > MOST_LINES:
            self._transport.close()

    def on_body(self, piece: bytes) -> None:
        """Closes the connection if the body is too large."""
        self._body += piece
        if len(self._body) > LARGEST_BODY:
            self._body.clear()
            self._transport.close()

    def on_message_complete(self) -> None:
        self._whole = True
        if self._transport.is_closing():
            return
        method = self._parser.get_method().decode("latin-1")
        body = bytes(self._body)
        request = Request(method, self._url.decode("latin-1"), self._headers, body, self._peer)
        self._ask(request, partial(self._reply, self._parser.should_keep_alive()))

    def _reply(self, stays: bool, response: Response) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(_bytes(response))
        if not stays:
            self._transport.close()


class Server:
    """Listens on the socket `path` with file mode `mode`. `tasks` are for slow answers; one
    connection is answered in order."""

    def __init__(self, path: str, answer: Answer, *, mode: int, tasks: Tasks | None = None) -> None:
        self.path, self._answer, self._mode, self._tasks = path, answer, mode, tasks
        self._open: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Returns once connections are accepted. Raises `OSError`."""
        with suppress(FileNotFoundError):
            os.unlink(self.path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Connection(self._ask, self._open), self.path, backlog=1024
        )
        os.chmod(self.path, self._mode)

    def _ask(self, request: Request, reply: Reply) -> None:
        answer = self._answer(request)
        if isinstance(answer, Response):
            reply(answer)
        else:
            assert self._tasks is not None
            self._tasks.once(f"answer on {self.path}", _later(answer, reply))

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for transport in tuple(self._open):
            transport.close()


async def _later(answer: Coroutine[Any, Any, Response], reply: Reply) -> None:
    response = Response(500)
    try:
        response = await answer
    finally:
        reply(response)


def _bytes(response: Response) -> bytes:
    reason = b"OK" if response.status == 200 else b"-"
    lines = [b"HTTP/1.1 %d %s" % (response.status, reason)]
    lines += [name + b": " + value for name, value in response.headers]
    if response.status != 204:
        lines.append(b"content-length: %d" % len(response.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + response.body
