"""The small HTTP server behind both sockets."""

import asyncio
import os
import stat

import pytest

from routing.agent.base.tasks import Tasks
from routing.agent.base.unix_http_server import Response, Server


async def exchange(path, raw):
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(raw)
    answer = await reader.read(-1) if b"close" in raw or b"HTTP/1.0" in raw else b""
    writer.close()
    return answer


async def test_a_stale_socket_is_replaced_and_its_mode_set(tmp_path):
    path = str(tmp_path / "s.sock")
    for _ in range(2):
        server = Server(path, lambda request: Response(body=request.path.encode()), mode=0o600)
        await server.start()
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        answer = await exchange(path, b"GET /x HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert answer == b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n/x".replace(b": 1", b": 2")
        server.stop()


async def test_garbage_closes_the_connection_and_nothing_else(tmp_path, caplog):
    path = str(tmp_path / "s.sock")
    server = Server(path, lambda _: Response(204), mode=0o600)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"\x00\x01garbage\r\n\r\n")
    assert await reader.read(-1) == b""
    writer.close()
    answer = await exchange(path, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
    assert answer == b"HTTP/1.1 204 -\r\n\r\n"
    server.stop()
    assert not caplog.records


async def test_an_answer_may_take_its_time_and_a_fault_is_an_answer_too(tmp_path, caplog):
    path = str(tmp_path / "s.sock")
    ready = asyncio.Event()

    async def answer(request):
        if request.path == "/fault":
            raise ValueError("broken")
        await ready.wait()
        return Response(body=b"late")

    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        server = Server(path, answer, mode=0o600, tasks=tasks)
        await server.start()
        slow = group.create_task(exchange(path, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n"))
        fault = await exchange(path, b"GET /fault HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert fault.startswith(b"HTTP/1.1 500 ") and not slow.done()
        ready.set()
        assert (await slow).endswith(b"late")
        server.stop()
    assert "ValueError: broken" in tasks.faults[f"answer on {path}"]


@pytest.fixture
async def server(tmp_path):
    path = str(tmp_path / "s.sock")
    server = Server(path, lambda request: Response(body=request.body), mode=0o600)
    await server.start()
    yield path
    server.stop()


async def test_a_message_may_come_in_pieces_but_not_for_ever(server, monkeypatch):
    reader, writer = await asyncio.open_unix_connection(server)
    for piece in (b"POST / HTTP/1.1\r\ncontent-le", b"ngth: 4\r\n\r\na", b"b", b"cd"):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")
    monkeypatch.setattr("routing.agent.base.unix_http_server.MESSAGE_SECONDS", 0)
    writer.write(b"GET / HTTP/1.1\r\nx-slow: a")
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("head", [b"x: " + b"a" * 300_000, b"a: b\r\n" * 400])
async def test_a_head_that_is_too_large_ends_the_connection(server, head):
    reader, writer = await asyncio.open_unix_connection(server)
    writer.write(b"GET / HTTP/1.1\r\n" + head)
    assert await reader.read() == b""
    writer.close()


async def test_connections_have_a_limit(server, monkeypatch):
    monkeypatch.setattr("routing.agent.base.unix_http_server.MOST_CONNECTIONS", 1)
    _, state = await asyncio.open_unix_connection(server)
    reader, writer = await asyncio.open_unix_connection(server)
    assert await reader.read() == b""
    writer.close()
    state.close()
