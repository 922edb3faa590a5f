"""Requests at a steady rate over connections that stay open; it knows exactly how many it sent.

wrk ends with requests in flight, which an edge counts and wrk does not.
"""

from __future__ import annotations

import asyncio
import time

CONNECTIONS = 16


class Load:
    """GET / to one host; every request waits for its whole answer."""

    def __init__(self, port: int, host: str) -> None:
        self._port = port
        self._request = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self.answered = self.failed = 0

    def run(self, connections: int, requests: int) -> int:
        """So many requests in all, as fast as they go; how many were answered."""
        return asyncio.run(self._all(connections, requests))

    async def steady(self, rate: int, seconds: float) -> int:
        """`rate` requests a second; how many were answered."""
        each = rate / CONNECTIONS
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._paced(began, each, seconds))
        return self.answered

    async def _all(self, connections: int, requests: int) -> int:
        async with asyncio.TaskGroup() as group:
            for n in range(connections):
                share = requests // connections + (n < requests % connections)
                group.create_task(self._some(share))
        return self.answered

    async def _some(self, requests: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for _ in range(requests):
            await self._one(reader, writer)
        writer.close()

    async def _paced(self, began: float, each: float, seconds: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for n in range(int(each * seconds)):
            early = began + n / each - time.monotonic()
            if early > 0:
                await asyncio.sleep(early)
            await self._one(reader, writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        await reader.readexactly(length)
        if head.startswith(b"http/1.1 200"):
            self.answered += 1
        else:
            self.failed += 1
