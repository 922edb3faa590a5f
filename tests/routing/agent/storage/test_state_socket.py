"""The socket for versions: a link to the state process's own, or a relay."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os

import pytest

from routing.agent.storage import state_socket
from routing.agent.storage.state_socket import StateSocket


@pytest.fixture(autouse=True)
def in_an_edge_folder(tmp_path, monkeypatch):
    (tmp_path / "edge").mkdir()
    monkeypatch.chdir(tmp_path / "edge")
    monkeypatch.setattr(state_socket, "CHECK_SECONDS", 0.01)


@contextlib.asynccontextmanager
async def kept(url):
    socket = StateSocket(url, None)
    task = asyncio.get_running_loop().create_task(socket.keep())
    try:
        yield socket
    finally:
        socket.stop()
        task.cancel()


async def echo(reader, writer):
    writer.write(b"echo " + await reader.readline())
    writer.close()
    await writer.wait_closed()


async def ask():
    """The answer through the edge's socket, once there is one."""
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_unix_connection("state.sock")
                writer.write(b"hello\n")
                answer = await reader.read()
                writer.close()
                await writer.wait_closed()
                if answer:
                    return answer
            await asyncio.sleep(0.01)


async def test_it_is_the_same_socket_also_after_the_server_made_a_new_one(tmp_path):
    target = tmp_path / "state.sock"
    async with kept(f"unix:{target}"):
        for _ in range(2):
            server = await asyncio.start_unix_server(echo, str(target))
            assert await ask() == b"echo hello\n"
            assert os.path.samefile(target, "state.sock")
            assert os.stat("state.sock").st_mode & 0o777 == 0o660
            server.close()
            target.unlink()


async def test_a_socket_that_cannot_be_linked_is_relayed(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    server = await asyncio.start_unix_server(echo, str(tmp_path / "state.sock"))
    async with kept(f"unix:{tmp_path / 'state.sock'}"):
        assert await ask() == b"echo hello\n"
        server.close()
        (tmp_path / "state.sock").unlink()
        reader, writer = await asyncio.open_unix_connection("state.sock")
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
