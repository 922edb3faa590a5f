"""uvicorn's HTTP/1.1 connection, watched: its head is bounded, and slow ones come to an end."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from dashboard.run.listener.connections import Connection, Phase, TooMany
from dashboard.run.listener.limits import Limits
from dashboard.run.listener.websocket_protocol import connections_of
from dashboard.run.unmasked_ws_frame import TAILS

RETRY_SECONDS = 5
DROPPED_BYTES = 4 * 1024 * 1024
OVERHEAD = 16
"""Bytes on the wire for a byte of a body, at most: chunks of one byte take six."""


class _Refused(Exception):
    """Ends the parsing of a request; `http_protocol` answers."""


class WatchedHttp(HttpToolsProtocol):
    """Tells `Connections` what happens. `_body_open`: a head is complete and its body is not."""

    _connection: Connection | None = None
    _body_open = False
    _payload = 0  # bytes of that body
    _refusal: tuple[int, str] | None = None
    _is_refused = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open_ones = connections_of(self.config)

    @property
    def _limits(self) -> Limits:
        return self._open_ones.limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        try:
            self._connection = self._open_ones.add(transport, self, address)
        except TooMany as why:
            self._refuse(503, str(why))

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.remove(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        connection = self._connection
        if connection is None or self.transport.is_closing():
            return
        if connection.phase is Phase.IDLE:
            self._open_ones.enter(connection, Phase.HEAD)
        connection.received += len(data)
        if self._is_refused:
            self._drop(connection)
            return
        super().data_received(data)
        if not self._is_over() and connection.phase is not Phase.SOCKET:
            self._follow(connection)

    def _is_over(self) -> bool:
        return self._is_refused or self.transport.is_closing()

    def _drop(self, connection: Connection) -> None:
        """Closing while the other side still sends would reset the connection, and the answer that
        is on its way would be lost."""
        if connection.received > DROPPED_BYTES:
            self.transport.abort()

    def _follow(self, connection: Connection) -> None:
        """Where the data has led: a body that is not complete, or a head that is too large."""
        if self._body_open:
            if connection.phase is Phase.ANSWER:
                self._begin_body(connection)
            elif connection.received > self._limits.head_bytes + OVERHEAD * self._payload:
                self._refuse(400, "The body is nearly empty: chunks without content.")
        elif connection.phase is Phase.BODY:
            self._open_ones.enter(connection, Phase.ANSWER)
        elif connection.phase is Phase.DISCARD:
            self._open_ones.enter(connection, Phase.IDLE)
        elif connection.received > self._limits.head_bytes:
            self._refuse(431, "The request's head is too large.")

    def _begin_body(self, connection: Connection) -> None:
        if self._open_ones.count(Phase.BODY) >= self._limits.bodies:
            self._refuse(503, "Too many uploads at a time.")
        else:
            self._open_ones.enter(connection, Phase.BODY)

    def on_headers_complete(self) -> None:
        size = sum(len(name) + len(value) for name, value in self.headers) + len(self.url)
        if size > self._limits.head_bytes or len(self.headers) > self._limits.head_lines:
            self._refusal = 431, "The request's head is too large."
            raise _Refused
        if len(self.pipeline) >= self._limits.pipelined:
            self._refusal = 400, "Too many requests before the first answer."
            raise _Refused
        self._body_open, self._payload = True, 0
        super().on_headers_complete()
        if self._connection is not None and not self.parser.should_upgrade():
            self._open_ones.enter(self._connection, Phase.ANSWER)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._body_open:  # what comes after a body (a trailer) would be stored for nothing
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._payload += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._body_open = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._connection is None or self.transport.is_closing() or self._is_answering():
            return
        rest = Phase.DISCARD if self._body_open else Phase.IDLE
        self._open_ones.enter(self._connection, rest)

    def _is_answering(self) -> bool:
        """A pipelined request has begun."""
        return self.cycle is not None and not self.cycle.response_complete

    def handle_websocket_upgrade(self) -> None:
        if self._is_anonymous():
            self._refuse(403, "Sign in first.")
        elif self._open_ones.count(Phase.SOCKET) >= self._limits.sockets:
            self._refuse(503, "Too many WebSockets.")
        else:
            super().handle_websocket_upgrade()

    def _is_anonymous(self) -> bool:
        """A WebSocket that carries nothing can only be refused; tails have it in their address."""
        names = {name for name, _ in self.headers}
        carries = b"cookie" in names or b"authorization" in names
        return not carries and not self.url.startswith(TAILS.encode())

    def send_400_response(self, msg: str) -> None:
        status, text = self._refusal or (400, msg)
        self._refuse(status, text)

    @property
    def waits_for_us(self) -> bool:
        waits = self.cycle is not None and self.cycle.waiting_for_100_continue
        return waits or self.flow.read_paused

    def expire(self) -> None:
        connection = self._connection
        begun = connection is not None and connection.received > 0
        if begun and connection is not None and connection.phase in (Phase.HEAD, Phase.BODY):
            self._refuse(408, "The request was too slow.")
        else:
            self.transport.close()

    def _refuse(self, status: int, text: str) -> None:
        """Answers by itself, unless an earlier answer is under way, and closes."""
        pending = self.cycle is not None and not self.cycle.response_complete
        if not pending or (self._body_open and not self.cycle.response_started):
            retry = b"retry-after: %d\r\n" % RETRY_SECONDS if status == 503 else b""
            head = (
                b"content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n"
                b"connection: close\r\ncontent-length: %d\r\n%s\r\n" % (len(text) + 1, retry)
            )
            self.transport.write(STATUS_LINE[status] + head + text.encode() + b"\n")
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Discards what the client still sends, until it closes or time is up."""
        if self._connection is None or not self.transport.can_write_eof():
            self.transport.close()
            return
        self._is_refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write_eof()
        self._open_ones.enter(self._connection, Phase.DISCARD)
        self.flow.resume_reading()
