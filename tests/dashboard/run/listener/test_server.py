"""A real server on loopback: what slow, large and many connections meet."""

import asyncio
import logging
import os
import resource
import socket
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest

from dashboard.run.listener.connections import Connections, Phase
from dashboard.run.listener.http_protocol import WatchedHttp
from dashboard.run.listener.limits import Limits
from dashboard.run.listener.server import Server, listening_socket
from dashboard.run.listener.websocket_protocol import ListenerConfig, WatchedWebSockets
from tests.ambiguous import AMBIGUOUS, ambiguous
from tests.eventually import eventually_async

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
UPGRADE = HEAD + (
    b"Cookie: sessionid=a\r\n"
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def answer(scope, receive, send):
    """Reads the body and answers with its length; accepts sockets."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = str(length).encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Running:
    def __init__(self, port, connections, clock):
        self.port, self.connections, self._clock = port, connections, clock
        self.writers = []

    async def connect(self, first=b"", address="127.0.0.1"):
        local = (address, 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=local)
        self.writers.append(writer)
        writer.write(first)
        return reader, writer

    async def seconds_later(self, seconds):
        self._clock[0] += seconds
        self.connections.close_overdue()


@asynccontextmanager
async def serving(**limits):
    clock = [1000.0]
    numbers = {"connections": 50, "per_address": 20} | limits
    connections = Connections(Limits(**numbers), lambda: clock[0])
    config = ListenerConfig(
        answer,
        connections=connections,
        http=WatchedHttp,
        ws=WatchedWebSockets,
        lifespan="off",
        log_config=None,
        backlog=8,
    )
    listener = listening_socket("127.0.0.1", 0)
    server = Server(config, connections)
    task = asyncio.create_task(server._serve([listener]))
    await eventually_async(lambda: server.started)
    running = Running(listener.getsockname()[1], connections, clock)
    try:
        yield running
    finally:
        server.should_exit = server.force_exit = True
        await task
        for writer in running.writers:
            writer.transport.abort()
        await eventually_async(lambda: not connections)


async def everything(reader):
    async with asyncio.timeout(30):
        return await reader.read()


async def page(reader, writer):
    """The body of one more answer on a connection."""
    writer.write(HEAD + b"\r\n")
    async with asyncio.timeout(30):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        return await reader.readexactly(1)


async def test_slow_heads_and_bodies_end_and_honest_ones_go_on():
    async with serving() as running:
        silent, _ = await running.connect()
        head, _ = await running.connect(HEAD + b"X-Slow: a")
        post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
        body, drip = await running.connect(post + b"x")
        reader, writer = await running.connect()
        assert await page(reader, writer) == b"0"
        await eventually_async(lambda: running.connections.count(Phase.BODY) == 1)
        await running.seconds_later(16)
        assert await everything(silent) == b""
        assert (await everything(head)).startswith(b"HTTP/1.1 408")
        drip.write(b"y" * 5000)  # ten seconds' worth
        [slow] = [c for c in running.connections._all.values() if c.phase is Phase.BODY]
        await eventually_async(lambda: slow.received >= 5000)
        await running.seconds_later(10)
        assert running.connections.count(Phase.BODY) == 1
        await running.seconds_later(10)
        assert (await everything(body)).startswith(b"HTTP/1.1 408")
        assert await page(reader, writer) == b"0"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n", b"431"),
        (HEAD + b"X: " + b"a" * 70_000, b"431"),
        (HEAD + b"a: b\r\n" * 120 + b"\r\n", b"431"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
async def test_a_head_that_is_too_large_is_refused(sent, status):
    async with serving() as running:
        reader, _ = await running.connect(sent)
        assert (await everything(reader)).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    ("endless", "status"),
    [(b"1;" + b"e" * 200_000, b"400"), (b"0\r\n" + b"a: b\r\n" * 50_000, b"400")],
)
async def test_a_body_of_chunks_without_content_ends(endless, status):
    async with serving() as running:
        post = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        reader, _ = await running.connect(post + b"1\r\nx\r\n" + endless)
        assert (await everything(reader)).startswith(b"HTTP/1.1 " + status)
        honest = post + b"1\r\nx\r\n" * 50_000 + b"0\r\nTrailer: a\r\n\r\n"
        reader, writer = await running.connect(honest)
        assert (await reader.readuntil(b"50000")).startswith(b"HTTP/1.1 200")


async def test_a_flood_of_pipelined_requests_ends_the_connection():
    async with serving() as running:
        reader, _ = await running.connect((HEAD + b"\r\n") * 500)
        assert (await everything(reader)).count(b"200 OK") <= 17


async def test_places_run_out_for_one_address_and_never_for_who_asks():
    async with serving(connections=6, per_address=3) as running:
        strangers = [await running.connect(HEAD, "127.0.0.66") for _ in range(3)]
        await eventually_async(lambda: len(running.connections) == 3)
        refused, _ = await running.connect(address="127.0.0.66")
        told = await everything(refused)
        assert told.startswith(b"HTTP/1.1 503") and b"from this address" in told
        for n in range(70, 76):
            await running.connect(HEAD, f"127.0.0.{n}")
        await eventually_async(lambda: len(running.connections) == 6)
        reader, writer = await running.connect()
        assert await page(reader, writer) == b"0"
        assert await everything(strangers[0][0]) == b""  # the longest wait made room


async def test_a_socket_that_talks_without_end_is_cut_off():
    async with serving() as running:
        reader, writer = await running.connect(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        assert running.connections.count(Phase.SOCKET) == 1
        ping = b"\x89\xfd" + bytes(4) + b"p" * 125
        for _ in range(1000):
            writer.write(ping)
        await eventually_async(lambda: len(running.connections) == 0)


async def test_a_socket_that_carries_nothing_is_refused_at_once():
    async with serving() as running:
        reader, _ = await running.connect(UPGRADE.replace(b"Cookie", b"X-Cookie"))
        assert (await everything(reader)).startswith(b"HTTP/1.1 403")
        tail = UPGRADE.replace(b"Cookie", b"X-Cookie").replace(b"/", b"/client/v4/tails/1/s", 1)
        reader, _ = await running.connect(tail)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")


async def test_sockets_leave_room_for_requests():
    async with serving(connections=4) as running:
        held = [await running.connect(UPGRADE) for _ in range(2)]
        for reader, _ in held:
            await reader.readuntil(b"\r\n\r\n")
        reader, _ = await running.connect(UPGRADE)
        assert (await everything(reader)).startswith(b"HTTP/1.1 503")


@contextmanager
def no_files_left():
    """This process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
    taken = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for number in taken:
            os.close(number)


async def test_without_files_it_says_so_once_and_makes_room(monkeypatch, caplog):
    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", 0.05)
    caplog.set_level(logging.ERROR)
    async with serving() as running:
        idle, _ = await running.connect()
        await eventually_async(lambda: len(running.connections) == 1)
        with socket.socket() as late, no_files_left():
            late.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(late, ("127.0.0.1", running.port))
            await loop.sock_sendall(late, HEAD + b"\r\n")
            async with asyncio.timeout(30):
                assert (await loop.sock_recv(late, 100)).startswith(b"HTTP/1.1 200")
        assert await everything(idle) == b""
        assert caplog.text.count("Cannot accept connections") == 1


@pytest.mark.parametrize("kind", AMBIGUOUS)
async def test_a_message_that_could_end_in_two_places_is_refused(kind):
    """OWASP ASVS 5.0, 4.2.1: none of its bytes becomes a request of its own."""
    async with serving() as running:
        reader, _ = await running.connect(ambiguous(kind, "localhost"))
        async with asyncio.timeout(10):
            told = await reader.read()  # the server closes
        assert b" 200 " not in told and told.count(b"HTTP/1.1 ") <= 1, told
