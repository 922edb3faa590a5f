"""One request to the edge's own proof listener.

With h11, as the dashboard's HTTP client, so the target and the header lines are written unchanged.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

import h11

from routing.relayed_request import (
    CONNECTION_HEADERS,
    MOST_BYTES,
    MOST_SECONDS,
    Failure,
    RelayedAnswer,
    RelayedRequest,
)

_CONNECT_SECONDS = 2.0
_CHUNK = 64 * 1024
_LARGEST_HEAD = 256 * 1024
_WITH_BODY = ("POST", "PUT", "PATCH")
_ENVOY_PREFIX = "x-sluice-"
"""Of lines that only Envoy may write."""


@dataclass
class _Marks:
    """When each phase ended."""

    started: float = field(default_factory=time.monotonic)
    connected: float = 0.0
    written: float = 0.0
    first: float = 0.0

    def milliseconds(self) -> tuple[float, float, float, float]:
        """Of connecting, sending, waiting and reading."""
        connected = self.connected or self.started
        written = self.written or connected
        end = time.monotonic()
        first = self.first or end
        ends = (self.started, connected, written, first, end)
        spans = [round(max(0.0, b - a) * 1000, 3) for a, b in pairwise(ends)]
        return spans[0], spans[1], spans[2], spans[3]


class _Exchange:
    """What has arrived so far, which a deadline may end at any point."""

    def __init__(self, request: RelayedRequest, host: str) -> None:
        self._request, self._host = request, host
        self._marks = _Marks()
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        self._limit = min(request.max_bytes, MOST_BYTES)
        self._response: h11.Response | None = None
        self._body = bytearray()

    async def run(self, port: int) -> RelayedAnswer:
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(min(self._request.seconds, MOST_SECONDS)):
                async with asyncio.timeout(_CONNECT_SECONDS):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                self._marks.connected = time.monotonic()
                await self._write(writer)
                return self._answer(await self._read(reader))
        except TimeoutError:
            return self._incomplete(Failure.late, "time")
        except h11.LocalProtocolError as error:
            return RelayedAnswer(Failure.broken, f"the request is not HTTP: {error}")
        except h11.RemoteProtocolError as error:
            return self._incomplete(Failure.broken, "broken", str(error))
        except OSError as error:
            kind = Failure.broken if self._marks.connected else Failure.unreachable
            return self._incomplete(kind, "broken", error.strerror or str(error))
        finally:
            if writer is not None:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _write(self, writer: asyncio.StreamWriter) -> None:
        request = self._request
        head = h11.Request(
            method=request.method, target=request.target, headers=_head_lines(request, self._host)
        )
        events: list[h11.Event] = [head, h11.EndOfMessage()]
        if request.body:
            events.insert(1, h11.Data(data=request.body))
        for event in events:
            writer.write(self._connection.send(event) or b"")
        await writer.drain()
        self._marks.written = time.monotonic()

    async def _read(self, reader: asyncio.StreamReader) -> str:
        """Reads the answer; why its body is incomplete."""
        while True:
            event = self._connection.next_event()
            if event is h11.NEED_DATA:
                self._connection.receive_data(await reader.read(_CHUNK))
            elif isinstance(event, h11.Response):
                self._marks.first = time.monotonic()
                self._response = event
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > self._limit:
                    del self._body[self._limit :]
                    return "size"
            elif isinstance(event, h11.InformationalResponse):
                continue
            elif isinstance(event, h11.EndOfMessage):
                return ""
            else:  # closed before an answer, or switched to another protocol
                raise h11.RemoteProtocolError("the connection was closed")

    def _incomplete(self, failure: Failure, ended_by: str, detail: str = "") -> RelayedAnswer:
        """The part that has arrived; the failure if there is none."""
        if self._response is None:
            return RelayedAnswer(failure, detail)
        return self._answer(ended_by)

    def _answer(self, ended_by: str) -> RelayedAnswer:
        assert self._response is not None
        raw = self._response.headers.raw_items()
        connect, send, wait, read = self._marks.milliseconds()
        return RelayedAnswer(
            status=self._response.status_code,
            lines=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw],
            body=bytes(self._body),
            ended_by=ended_by,
            connect=connect,
            send=send,
            wait=wait,
            read=read,
        )


async def exchange(request: RelayedRequest, host: str, port: int) -> RelayedAnswer:
    """Sends `request` for the Worker at `host` to the listener at `port` of loopback."""
    try:
        return await _Exchange(request, host).run(port)
    except (UnicodeEncodeError, h11.LocalProtocolError) as error:
        return RelayedAnswer(Failure.broken, f"the request is not HTTP: {error}")


def _head_lines(request: RelayedRequest, host: str) -> list[tuple[bytes, bytes]]:
    lines = [(b"Host", host.encode("ascii"))]
    lines += [
        (name.encode("ascii"), value.encode("latin-1"))
        for name, value in request.lines
        if not _is_own(name.lower())
    ]
    if request.body or request.method in _WITH_BODY:
        lines.append((b"Content-Length", str(len(request.body)).encode()))
    return lines


def _is_own(name: str) -> bool:
    return name in CONNECTION_HEADERS or name.startswith(_ENVOY_PREFIX)
