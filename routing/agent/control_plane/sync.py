"""Keeps up with the control plane: hears of a new revision, fetches it, hands it over."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Protocol

from routing.agent.base.backoff import Backoff, jittered
from routing.agent.control_plane.client import ControlAway, ControlPlane
from routing.agent.envoy.config_files import aside
from routing.snapshot import Snapshot, SnapshotInvalid, from_json, merge

log = logging.getLogger("edge")

POLL_SECONDS = 5.0
_LARGE = 256 * 1024
_NOT_YET = "not connected yet"


class Wants(Protocol):
    """Who is told of each new desired snapshot."""

    def want(self, snapshot: Snapshot) -> None: ...


class Sync:
    """Two tasks: `listen` hears revisions, `fetch` fetches what is newer than what is held."""

    def __init__(
        self, control: ControlPlane, held: Snapshot, wants: Wants, changed: Callable[[], None]
    ) -> None:
        self._control, self._wants, self._changed = control, wants, changed
        self._held = held
        self._heard: int | None = None
        self._nudge = asyncio.Event()
        self._nudge.set()  # the first look does not wait for a nudge
        self._live = False
        self._lost, self._failed = _NOT_YET, ""
        #: Why the control plane is away; "" while it is there.
        self.away = _NOT_YET

    async def listen(self) -> None:
        """The WebSocket, opened again whenever it breaks."""
        backoff = Backoff(first=0.1, most=5.0)
        while True:
            try:
                async for revision in self._control.revisions():
                    backoff.worked()
                    self._hear(revision)
            except ControlAway as error:
                self._live = False
                self._note(lost=str(error))
            await asyncio.sleep(jittered(backoff.failed(), random.random()))

    async def fetch(self) -> None:
        """Fetches after each nudge, and every few seconds while nobody nudges."""
        backoff = Backoff(first=0.1, most=POLL_SECONDS)
        while True:
            await self._until_there_is_reason()
            try:
                await self._catch_up()
                backoff.worked()
            except (ControlAway, SnapshotInvalid) as error:
                self._note(failed=str(error))
                self._nudge.set()
                await asyncio.sleep(jittered(backoff.failed(), random.random()))

    def _hear(self, revision: int) -> None:
        if self._held.withheld and not self._live:
            self._nudge.set()  # a control plane that comes back may have the missing key again
        self._live = True
        self._note(lost="")
        if revision != self._held.revision:
            self._heard = revision
            self._nudge.set()

    async def _until_there_is_reason(self) -> None:
        while not self._nudge.is_set():
            try:
                await asyncio.wait_for(self._nudge.wait(), POLL_SECONDS)
            except TimeoutError:
                if not self._live:
                    break
        self._nudge.clear()

    async def _catch_up(self) -> None:
        """A control plane that is behind us was reset; then only the whole will do."""
        behind = self._heard is not None and self._heard < self._held.revision
        heard, self._heard = self._heard, None
        # A Worker that is no longer withheld is in no change of a revision: ask for everything. So
        # does an edge that does not know all Workers: it may have the newest revision already.
        whole = behind or bool(self._held.withheld) or not self._held.known
        raw = await self._control.snapshot(0 if whole else self._held.revision)
        if raw is not None:
            await self._take(raw)
        self._note(lost="", failed="")
        if heard is not None and heard > self._held.revision:
            log.info("revision %d was announced, %d came", heard, self._held.revision)

    async def _take(self, raw: bytes) -> None:
        change = await aside(len(raw) > _LARGE, from_json, raw)
        try:
            snapshot = merge(self._held, change)
        except SnapshotInvalid:
            whole = await self._control.snapshot(0)
            if whole is None:
                raise
            snapshot = merge(self._held, await aside(len(whole) > _LARGE, from_json, whole))
        self._held = snapshot
        self._wants.want(snapshot)

    def _note(self, *, lost: str | None = None, failed: str | None = None) -> None:
        before = self.away
        self._lost = self._lost if lost is None else lost
        self._failed = self._failed if failed is None else failed
        self.away = self._failed or self._lost
        if self.away == before:
            return
        if self.away and (not before or before == _NOT_YET):
            log.warning("the control plane is away: %s", self.away)
        elif not self.away:
            log.info("the control plane is there")
        self._changed()
