"""Clients of every kind, in a process of their own: new connections, connections that stay open,
overrides, slow requests, a WebSocket. What each request saw is told when the load pauses."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

import aiohttp

from benchmarks.base.peers import OVERRIDES
from benchmarks.torture.judge import Answer, Outcome

TIMEOUT = 20.0
"""Seconds a client waits for an answer."""
SLOW_SECONDS = 1.0
"""How long the Worker takes for /slow."""
TOO_LONG = 1.5
"""Seconds, beyond what the Worker takes, from which an answer counts as late."""
PLAIN_EVERY = 0.05
_KEPT_OPEN, _KEPT_PAUSE = 3, 0.04
_OVERRIDE_PAUSE = 0.2

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Where:
    """`pinned` is the version that requests with an override ask for. `sockets`: WebSockets too."""

    port: int
    worker: str
    pinned: str
    address: str = "127.0.0.1"
    sockets: bool = True

    @property
    def host(self) -> str:
        return f"{self.worker}.localhost"

    def request(self, path: str, *, override: bool = False, close: bool = False) -> bytes:
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.host}"]
        if override:
            lines.append(f'{OVERRIDES}: {self.worker}="{self.pinned}"')
        if close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Load:
    """The parent's end. `go`, then `pause`: what every request since then saw."""

    def __init__(self, where: Where) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(where, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def go(self) -> None:
        self._pipe.send("go")
        assert self._pipe.recv() == "going"

    def pause(self) -> list[Answer]:
        """Returns when every request has ended."""
        self._pipe.send("pause")
        answers: list[Answer] = self._pipe.recv()
        return answers

    def close(self) -> None:
        self._pipe.close()
        self._process.join(10)
        self._process.kill()


def _main(where: Where, pipe: Connection) -> None:
    with suppress(EOFError, KeyboardInterrupt, BrokenPipeError):
        while pipe.recv() == "go":
            asyncio.run(Clients(where).run(pipe))


class Clients:
    """Everything between `go` and `pause`."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._stop = asyncio.Event()
        self._answers: list[Answer] = []

    async def run(self, pipe: Connection) -> None:
        loop = asyncio.get_running_loop()

        def pause() -> None:
            loop.remove_reader(pipe.fileno())
            self._stop.set()

        loop.add_reader(pipe.fileno(), pause)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._plain(group))
            for _ in range(_KEPT_OPEN):
                group.create_task(self._kept_open())
            group.create_task(self._again("override", self._override, _OVERRIDE_PAUSE))
            for _ in range(2):
                group.create_task(self._again("slow", self._slow, 0.0))
            if self._where.sockets:
                group.create_task(self._again("websocket", self._websocket, 0.2))
            pipe.send("going")
        pipe.recv()
        pipe.send(self._answers)

    async def _plain(self, group: asyncio.TaskGroup) -> None:
        """At an even pace, whatever became of those before."""
        begin = time.monotonic()
        number = 0
        request = self._where.request("/", close=True)
        while not self._stop.is_set():
            group.create_task(self._note("plain", lambda: self._new_connection(request)))
            number += 1
            await self._sleep(begin + number * PLAIN_EVERY - time.monotonic())

    async def _again(self, kind: str, once: Callable[[], Awaitable[int]], pause: float) -> None:
        while not self._stop.is_set():
            good = await self._note(kind, once)
            await self._sleep(pause if good else 0.1)

    async def _kept_open(self) -> None:
        streams: Streams | None = None
        request = self._where.request("/")

        async def once() -> int:
            nonlocal streams
            if streams is None or streams[0].at_eof():
                streams = await asyncio.open_connection(self._where.address, self._where.port)
            status, closes = await _exchange(streams, request)
            if closes:
                streams[1].close()
                streams = None
            return status

        while not self._stop.is_set():
            if not await self._note("kept open", once):
                if streams is not None:
                    streams[1].close()
                streams = None
            await self._sleep(_KEPT_PAUSE)
        if streams is not None:
            streams[1].close()

    async def _override(self) -> int:
        return await self._new_connection(self._where.request("/", override=True, close=True))

    async def _slow(self) -> int:
        return await self._new_connection(self._where.request("/slow", close=True))

    async def _new_connection(self, request: bytes) -> int:
        streams = await asyncio.open_connection(self._where.address, self._where.port)
        try:
            return (await _exchange(streams, request))[0]
        finally:
            streams[1].close()

    async def _websocket(self) -> int:
        """One connection until the end; it counts as one request."""
        headers = {"Host": self._where.host}
        url = f"http://{self._where.address}:{self._where.port}/"
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url, headers=headers) as socket:
                while not self._stop.is_set():
                    await socket.send_str("hello")
                    back = await socket.receive(timeout=TIMEOUT)
                    if back.data != "hello":
                        raise ConnectionResetError(back.type.name)
                    await self._sleep(0.1)
        return 101

    async def _note(self, kind: str, once: Callable[[], Awaitable[int]]) -> bool:
        began = time.monotonic()
        outcome = await _outcome(once, None if kind == "websocket" else TIMEOUT)
        ended = time.monotonic()
        most = TOO_LONG + (SLOW_SECONDS if kind == "slow" else 0)
        slow = kind != "websocket" and ended - began > most
        self._answers.append(Answer(kind, began, ended, outcome, slow))
        return outcome is Outcome.ok

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), max(0.0, seconds))


async def _outcome(once: Callable[[], Awaitable[int]], timeout: float | None) -> Outcome:
    try:
        async with asyncio.timeout(timeout):
            status = await once()
    except (ConnectionRefusedError, aiohttp.ClientConnectorError):
        return Outcome.refused
    except aiohttp.WSServerHandshakeError as error:
        status = error.status
    except TimeoutError:
        return Outcome.timeout
    except (OSError, EOFError, ValueError, aiohttp.ClientError):
        return Outcome.reset
    if status in (101, 200):
        return Outcome.ok
    return Outcome.error if status >= 500 else Outcome.wrong


async def _exchange(streams: Streams, request: bytes) -> tuple[int, bool]:
    """The status, and whether the connection ends here."""
    reader, writer = streams
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or b"0"))
    return int(head.split(b" ", 2)[1]), b"\r\nconnection: close" in head
