"""Tells what has changed: a report to the control plane and `status.json`, at once and again."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from routing.agent.base import edge_folder
from routing.agent.base.backoff import Backoff, jittered
from routing.agent.control_plane.client import ControlAway, ControlPlane
from routing.agent.state.status import FILE, Facts, report, status

log = logging.getLogger("edge")

EVERY_SECONDS = 5.0


class Teller:
    """`changed` may be called as often as one likes; what is told is always the latest."""

    def __init__(self, control: ControlPlane, facts: Callable[[], Facts]) -> None:
        self._control, self._facts = control, facts
        self._news = asyncio.Event()
        self._unwritten = asyncio.Event()

    def changed(self) -> None:
        """Something is different from what was told last, perhaps."""
        self._news.set()
        self._unwritten.set()

    async def report(self) -> None:
        """Reports on every change, and every few seconds as a sign of life."""
        backoff = Backoff(first=0.2, most=EVERY_SECONDS)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), EVERY_SECONDS)
            self._news.clear()
            try:
                await self._control.report(report(self._facts()))
                backoff.worked()
            except ControlAway as error:
                if error.refused:
                    log.error("the control plane does not take this edge's report: %s", error)
                self._news.set()
                await asyncio.sleep(jittered(backoff.failed(), random.random()))

    async def write(self) -> None:
        """Keeps `status.json` true."""
        written: dict[str, Any] = {}
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._unwritten.wait(), EVERY_SECONDS)
            self._unwritten.clear()
            now = status(self._facts())
            if now != written:
                self.write_now(now)
                written = now
            await asyncio.sleep(0.02)

    def write_now(self, content: dict[str, Any]) -> None:
        """Replaces the file; a full disk is no reason to stop."""
        try:
            edge_folder.write(FILE, msgspec.json.format(msgspec.json.encode(content)))
        except OSError as error:
            log.error("%s cannot be written: %s", FILE, error.strerror)
