"""Limits concurrent starts, so that a restart does not start all processes at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PATIENCE_SECONDS = 2.0


class StartLimiter:
    """A slow start stops counting after two seconds: a version that hangs must not delay others."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        await self._places.acquire()
        timer = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self._places.release)
        try:
            yield
        finally:
            if timer.when() > asyncio.get_running_loop().time():
                timer.cancel()
                self._places.release()
