"""One raw request on a socket."""

import asyncio

import pytest

from routing.agent.hang.probe import Probe

REQUEST = b"GET / HTTP/1.0\r\n\r\n"


async def serve(answer, path):
    async def handle(reader, writer):
        assert await reader.readuntil(b"\r\n\r\n") == REQUEST
        await answer(writer)
        writer.close()

    return await asyncio.start_unix_server(handle, path)


async def test_an_answer_that_comes_late_is_heard_by_asking_again(tmp_path):
    may_answer = asyncio.Event()

    async def answer(writer):
        await may_answer.wait()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = await serve(answer, tmp_path / "s.sock")
    with Probe(str(tmp_path / "s.sock"), REQUEST) as probe:
        assert not await probe.answered(within=0.01)
        assert not await probe.answered(within=0.01)
        may_answer.set()
        assert await probe.answered(within=30)
    server.close()


async def test_a_port_is_probed_as_well():
    async def handle(reader, writer):
        writer.write(b"x")
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    with Probe(address, REQUEST) as probe:
        assert await probe.answered(within=30)
    server.close()


async def test_nobody_there_and_no_byte_are_errors(tmp_path):
    with Probe(str(tmp_path / "nowhere.sock"), REQUEST) as probe, pytest.raises(OSError):
        await probe.answered(within=30)

    async def nothing(writer):
        pass

    server = await serve(nothing, tmp_path / "s.sock")
    with Probe(str(tmp_path / "s.sock"), REQUEST) as probe, pytest.raises(OSError):
        await probe.answered(within=30)
    server.close()
