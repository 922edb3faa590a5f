"""A gRPC server on a Unix socket, for Envoy's discovery stream only.

On `h2`: the `grpcio` package would cost 21 MB of memory, and does not say which process connected,
which is how two Envoys are told apart while one replaces the other.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError

from routing.agent.users.peers import peer_of

METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
_HEADERS = [(":status", "200"), ("content-type", "application/grpc")]
_NOT_IMPLEMENTED = [*_HEADERS, ("grpc-status", "12")]
_PREFIX = 5
_LARGEST_MESSAGE = 64 << 20


class Stream(Protocol):
    """The server's side of one stream."""

    def received(self, message: bytes) -> None:
        """Raises `ValueError` to end the connection."""

    def closed(self) -> None: ...


Connect = Callable[[int | None, Callable[[bytes], None]], Stream]
"""Called with the peer's process id, where the system tells it, and how to send a message."""


class _Connection(asyncio.Protocol):
    def __init__(self, connect: Connect, open_ones: set[asyncio.Transport]) -> None:
        self._connect, self._open = connect, open_ones
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._streams: dict[int, Stream] = {}
        self._incoming: dict[int, bytearray] = {}
        #: Messages of each stream that wait for the peer's flow control.
        self._outgoing: dict[int, deque[memoryview]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = peer_of(transport.get_extra_info("socket"))
        self._pid = peer.pid if peer is not None else None
        self._open.add(transport)
        self._h2.initiate_connection()
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self._transport)
        for stream_id in tuple(self._streams):
            self._end(stream_id)

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._h2.receive_data(data):
                self._on(event)
        except (ProtocolError, ValueError):
            self._transport.close()
        self._flush()

    def _on(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=int(stream_id)):
                values = [str(value) for _, value in event.headers or ()]
                self._begin(stream_id, METHOD in values)
            case DataReceived(stream_id=int(stream_id)):
                length = event.flow_controlled_length or 0
                self._h2.acknowledge_received_data(length, stream_id)
                self._receive(stream_id, event.data or b"")
            case StreamEnded(stream_id=int(stream_id)) | StreamReset(stream_id=int(stream_id)):
                self._end(stream_id)
            case WindowUpdated() | RemoteSettingsChanged():
                for stream_id in tuple(self._outgoing):
                    self._send_waiting(stream_id)
            case ConnectionTerminated():
                self._transport.close()

    def _begin(self, stream_id: int, is_discovery: bool) -> None:
        if not is_discovery:
            self._h2.send_headers(stream_id, _NOT_IMPLEMENTED, end_stream=True)
            return
        self._h2.send_headers(stream_id, _HEADERS)
        self._incoming[stream_id], self._outgoing[stream_id] = bytearray(), deque()
        self._streams[stream_id] = self._connect(
            self._pid, lambda message: self._send(stream_id, message)
        )

    def _receive(self, stream_id: int, data: bytes) -> None:
        buffer = self._incoming.get(stream_id)
        if buffer is None:
            return
        buffer += data
        while len(buffer) >= _PREFIX:
            end = _PREFIX + int.from_bytes(buffer[1:_PREFIX], "big")
            if end > _LARGEST_MESSAGE:
                raise ValueError("too large")
            if len(buffer) < end:
                return
            message = bytes(buffer[_PREFIX:end])
            del buffer[:end]
            self._streams[stream_id].received(message)

    def _send(self, stream_id: int, message: bytes) -> None:
        """Ignored once the stream has ended."""
        waiting = self._outgoing.get(stream_id)
        if waiting is not None:
            framed = b"\0" + len(message).to_bytes(4, "big") + message
            waiting.append(memoryview(framed))
            self._send_waiting(stream_id)
            self._flush()

    def _send_waiting(self, stream_id: int) -> None:
        waiting = self._outgoing[stream_id]
        while waiting:
            room = self._h2.local_flow_control_window(stream_id)
            size = min(room, self._h2.max_outbound_frame_size, len(waiting[0]))
            if size <= 0:
                return
            self._h2.send_data(stream_id, bytes(waiting[0][:size]))
            rest = waiting.popleft()[size:]
            if rest:
                waiting.appendleft(rest)

    def _end(self, stream_id: int) -> None:
        self._incoming.pop(stream_id, None)
        self._outgoing.pop(stream_id, None)
        stream = self._streams.pop(stream_id, None)
        if stream is not None:
            stream.closed()

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)


class GrpcServer:
    """Listens on the socket `path`, for the agent's own user."""

    def __init__(self, path: str, connect: Connect) -> None:
        self.path, self._connect = path, connect
        self._open: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Returns once connections are accepted. Raises `OSError`."""
        with suppress(FileNotFoundError):
            os.unlink(self.path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Connection(self._connect, self._open), self.path
        )
        os.chmod(self.path, 0o600)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for transport in tuple(self._open):
            transport.close()
