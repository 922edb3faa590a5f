"""Noticing a version that hangs."""

import asyncio

import pytest

from routing.agent import watch as watching
from routing.agent.watch import probe, watch


class Process:
    """Stands for workerd: answers 400 to a request without Host, while it is well."""

    well = True

    async def serve(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        while not self.well:
            await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    def trim(self):
        pass


@pytest.fixture
async def process(tmp_path):
    process = Process()
    process.path = str(tmp_path / "s.sock")
    server = await asyncio.start_unix_server(process.serve, process.path)
    yield process
    process.well = True
    await asyncio.sleep(0.03)
    server.close()


async def test_a_process_that_answers_is_well(process):
    assert await probe(process.path, timeout=1)


async def test_silence_and_absence_are_not(process, tmp_path):
    process.well = False
    assert not await probe(process.path, timeout=0.02)
    assert not await probe(str(tmp_path / "nowhere.sock"), timeout=1)


async def test_it_says_so_after_the_time_given_and_not_before(process, monkeypatch):
    monkeypatch.setattr(watching, "EVERY_SECONDS", 0.01)
    verdict = asyncio.create_task(watch(process.path, process, hang_seconds=0.2))
    await asyncio.sleep(0.3)
    assert not verdict.done()
    process.well = False
    began = asyncio.get_running_loop().time()
    assert await verdict is True
    assert 0.1 < asyncio.get_running_loop().time() - began < 1


async def test_a_short_silence_is_forgiven(process, monkeypatch):
    monkeypatch.setattr(watching, "EVERY_SECONDS", 0.01)
    verdict = asyncio.create_task(watch(process.path, process, hang_seconds=0.4))
    process.well = False
    await asyncio.sleep(0.15)
    process.well = True
    await asyncio.sleep(0.6)
    assert not verdict.done()
    verdict.cancel()
    await asyncio.wait([verdict])
