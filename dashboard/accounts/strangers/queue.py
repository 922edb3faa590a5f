"""A queue in front of some work: few at a time, few waiting, and few of these from one address."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Full(Exception):
    """Too many wait already, or it took too long."""


class Queue:
    """`at_once` go on; `waiting` more may wait, for `seconds` at most, `per_address` of them from
    one address."""

    def __init__(
        self, at_once: int, *, waiting: int, per_address: int, seconds: float = 10.0
    ) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._waiting, self._per_address, self._seconds = waiting, per_address, seconds
        self._from: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Raises `Full`."""
        await self.take(address)
        try:
            yield
        finally:
            self.give()

    def give(self) -> None:
        """The end of what `take` began."""
        self._free.release()

    async def take(self, address: str) -> None:
        """Waits for a turn. Raises `Full`."""
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._from.total() >= self._waiting or self._from[address] >= self._per_address:
            raise Full
        self._from[address] += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise Full from error
        finally:
            self._from[address] -= 1
            if not self._from[address]:
                del self._from[address]
