"""Compares what Envoy logged with what is on disk, and records losses."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from routing.agent.envoy.admin_client import Admin, EnvoyUnavailable
from routing.agent.loss.ledger import Ledger, Logged
from routing.disk import DiskState, disk_state

log = logging.getLogger("edge")

EVERY_SECONDS = 2.0
_TRIES = 10
_FOLDER = Path("log")
_BETWEEN_TRIES = 0.03
_STATS = r"^(filesystem\.write_(buffered|total_buffered)|server\.uptime)$"


class LossAudit:
    """`on_disk` counts the lines of all logs; `noted` is called after a loss or when the disk's
    state changes."""

    def __init__(
        self, admin: Admin, ledger: Ledger, on_disk: Callable[[], int], noted: Callable[[], None]
    ) -> None:
        self._admin, self._ledger = admin, ledger
        self._on_disk, self._noted = on_disk, noted
        self.disk = DiskState.ok
        #: When the last loss was detected; 0.0 for never.
        self.lost_at = 0.0

    @property
    def lost(self) -> int:
        """Lines since this log began."""
        return self._ledger.lost

    async def run(self) -> None:
        while True:
            with suppress(EnvoyUnavailable):
                await self.look()
            self._look_at_disk()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> int:
        """Lines lost since the last call. Waits for a moment in which Envoy has nothing left to
        write; under constant load the next call finds the loss."""
        for _ in range(_TRIES):
            first = await self._logged()
            if not first.unflushed:
                return self._compare(first, self._on_disk(), await self._logged())
            await asyncio.sleep(_BETWEEN_TRIES)
        return 0

    def envoy_ended(self) -> None:
        """What the next Envoy logs follows what is on disk now."""
        self._ledger.ended(self._on_disk(), time.clock_gettime(time.CLOCK_BOOTTIME))

    def _compare(self, first: Logged, on_disk: int, second: Logged) -> int:
        lost = self._ledger.look(first, on_disk, second)
        if lost:
            log.error("%d lines of the access logs were not written, or removed", lost)
            self.lost_at = time.time()
            self._noted()
        return lost

    def _look_at_disk(self) -> None:
        now = disk_state(_FOLDER)
        if now is not self.disk:
            log.error("the edge's folder: %s", f"cannot be written ({now})" if now else "writable")
            self.disk = now
            self._noted()

    async def _logged(self) -> Logged:
        stats = await self._admin.stats(_STATS)
        boot = time.clock_gettime(time.CLOCK_BOOTTIME)
        return Logged(
            lines=int(stats.get("filesystem.write_buffered", 0)),
            unflushed=int(stats.get("filesystem.write_total_buffered", 0)),
            started_at=boot - int(stats.get("server.uptime", 0)),
        )
