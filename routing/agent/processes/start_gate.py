"""Bounds how many processes start at a time, so that a restart does not start all at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PATIENCE_SECONDS = 2.0


class Gate:
    """A start that takes long stops counting: a version that hangs must not hold up others."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Waits for a place."""
        await self._places.acquire()
        timer = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self._places.release)
        try:
            yield
        finally:
            if timer.when() > asyncio.get_running_loop().time():
                timer.cancel()
                self._places.release()
