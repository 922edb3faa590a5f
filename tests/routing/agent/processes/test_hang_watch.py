"""Noticing a version that hangs."""

import asyncio
import os

import pytest

from routing.agent.processes.hang_watch import watch


class Process:
    """Stands for workerd: answers 400 to a request without Host, while it is well."""

    pid = os.getpid()

    def __init__(self):
        self.well = asyncio.Event()
        self.well.set()
        self.trimmed = 0

    async def serve(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await self.well.wait()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    def trim(self):
        self.trimmed += 1


@pytest.fixture
async def process(tmp_path):
    process = Process()
    process.path = str(tmp_path / "s.sock")
    server = await asyncio.start_unix_server(process.serve, process.path)
    yield process
    process.well.set()
    server.close()


async def test_it_trims_the_output_while_all_is_well_and_says_when_it_hangs(process):
    verdict = asyncio.get_running_loop().create_task(watch(process.path, process, hang_seconds=0.1))
    async with asyncio.timeout(60):
        while process.trimmed < 4:
            await asyncio.sleep(0.01)
    assert not verdict.done()
    process.well.clear()
    async with asyncio.timeout(60):
        assert await verdict is True
