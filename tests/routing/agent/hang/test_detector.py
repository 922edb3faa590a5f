"""Probing until a process hangs."""

import asyncio
import os
import time

import pytest

from routing.agent.hang import detector as module
from routing.agent.hang.detector import Detector

REQUEST = b"GET / HTTP/1.0\r\n\r\n"


class Server:
    """Answers while it is well."""

    def __init__(self):
        self.well = asyncio.Event()
        self.well.set()
        self.asked = 0

    async def serve(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await self.well.wait()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def probed(self, times):
        """Returns after so many more probes."""
        until = self.asked + times
        async with asyncio.timeout(60):
            while self.asked < until:
                await asyncio.sleep(0.005)


@pytest.fixture
async def server(tmp_path):
    server = Server()
    server.path = str(tmp_path / "s.sock")
    listening = await asyncio.start_unix_server(server.serve, server.path)
    yield server
    server.well.set()
    listening.close()


def detecting(path, hang_seconds):
    detector = Detector(path, REQUEST, os.getpid(), hang_seconds=hang_seconds)
    work = detector.until_hung(every=0.01, before_probe=lambda: None)
    return asyncio.get_running_loop().create_task(work)


async def test_a_process_that_answers_never_hangs_and_one_that_stops_does(server):
    verdict = detecting(server.path, 0.2)
    await server.probed(20)
    assert not verdict.done()
    server.well.clear()
    await asyncio.wait([verdict], timeout=60)
    assert verdict.done()


async def test_our_own_pause_is_no_silence(server):
    """The agent was stopped for longer than the limit; the answer was there all the time."""
    verdict = detecting(server.path, 0.4)
    await server.probed(2)
    server.well.clear()
    await server.probed(1)
    time.sleep(1.0)
    await asyncio.sleep(0)
    server.well.set()
    await server.probed(3)
    assert not verdict.done()
    verdict.cancel()
    await asyncio.wait([verdict])


async def test_a_process_that_is_gone_hangs_as_well(tmp_path):
    verdict = detecting(str(tmp_path / "nowhere.sock"), 0.2)
    await asyncio.wait([verdict], timeout=60)
    assert verdict.done()


async def test_a_watchdog_without_files_blames_nobody(server, monkeypatch):
    class Broken:
        tried = 0

        def __init__(self, *_):
            Broken.tried += 1
            raise OSError(24, "Too many open files")

    monkeypatch.setattr(module, "Probe", Broken)
    verdict = detecting(server.path, 0.04)
    async with asyncio.timeout(60):
        while Broken.tried < 10:
            await asyncio.sleep(0.005)
    assert not verdict.done()
    verdict.cancel()
    await asyncio.wait([verdict])
