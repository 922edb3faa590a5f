"""Reports changes to the control plane and to `status.json`."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec

from routing.agent.base import edge_folder
from routing.agent.base.backoff import Backoff, jittered
from routing.agent.control_plane.client import ControlPlane, ControlPlaneUnavailable
from routing.agent.control_plane.edge_record import EdgeRecord
from routing.agent.state.status import FILE, Facts, report, status

log = logging.getLogger("edge")

EVERY_SECONDS = 5.0
_ROUND_SECONDS = 0.25
"""Reports wait this long for the end of a round, so that they do not delay it."""


class StatusReporter:
    """Calls of `changed` are cheap; each report has the latest facts. `settled` returns once the
    supervisor has nothing to do."""

    def __init__(
        self,
        control: ControlPlane,
        record: EdgeRecord,
        facts: Callable[[], Facts],
        settled: Callable[[], Awaitable[object]],
    ) -> None:
        self._control, self._record, self._facts = control, record, facts
        self._settled = settled
        self._news = asyncio.Event()
        self._unwritten = asyncio.Event()

    def changed(self) -> None:
        self._news.set()
        self._unwritten.set()

    async def report(self) -> None:
        """On every change, and every few seconds as a heartbeat."""
        backoff = Backoff(first=0.2, most=EVERY_SECONDS)
        while True:
            await self._until_due(self._news)
            try:
                await self._report()
                backoff.worked()
            except ControlPlaneUnavailable as error:
                if error.refused:
                    log.error("the control plane rejected this edge's report: %s", error)
                self._news.set()
                await asyncio.sleep(jittered(backoff.failed(), random.random()))

    async def _until_due(self, change: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_SECONDS):
                await change.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_ROUND_SECONDS):
                await self._settled()
        change.clear()

    async def _report(self) -> None:
        sent = time.time()
        answer = await self._control.report(report(self._facts()))
        if answer is not None:
            await self._record.answered(answer, sent, time.time())

    async def write(self) -> None:
        written: dict[str, Any] = {}
        while True:
            await self._until_due(self._unwritten)
            now = status(self._facts())
            if now != written:
                written = now if self.write_now(now) else {}
            await asyncio.sleep(0.02)

    def write_now(self, content: dict[str, Any]) -> bool:
        """False, and a log line, if the disk is full; then it is retried."""
        try:
            edge_folder.write(FILE, msgspec.json.format(msgspec.json.encode(content)))
        except OSError as error:
            log.error("%s cannot be written: %s", FILE, error.strerror)
            return False
        return True
