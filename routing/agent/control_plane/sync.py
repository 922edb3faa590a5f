"""Fetches new snapshots from the control plane."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Protocol

from routing.agent.base.backoff import Backoff, jittered
from routing.agent.base.tasks import in_thread_if
from routing.agent.control_plane.client import ControlPlane, ControlPlaneUnavailable
from routing.snapshot import Snapshot, SnapshotInvalid, merge

log = logging.getLogger("edge")

POLL_SECONDS = 5.0
_LARGE = 256 * 1024
_NOT_YET = "not connected yet"


class DesiredState(Protocol):
    def set_desired(self, snapshot: Snapshot) -> None: ...


class Sync:
    """Run `listen` (announcements of revisions) and `fetch` as tasks."""

    def __init__(
        self,
        control: ControlPlane,
        applied: Snapshot,
        desired_state: DesiredState,
        changed: Callable[[], None],
    ) -> None:
        self._control, self._desired_state, self._changed = control, desired_state, changed
        self._snapshot = applied
        self._heard: int | None = None
        self._nudge = asyncio.Event()
        self._nudge.set()  # fetch once without an announcement
        self._live = False
        self._lost, self._failed = _NOT_YET, ""
        #: Why the control plane is unavailable; "" while it is connected.
        self.error = _NOT_YET

    async def listen(self) -> None:
        """Reconnects the WebSocket whenever it breaks."""
        backoff = Backoff(first=0.1, most=5.0)
        while True:
            try:
                async for revision in self._control.revisions():
                    backoff.worked()
                    self._hear(revision)
            except ControlPlaneUnavailable as error:
                self._live = False
                self._note(lost=str(error))
            await asyncio.sleep(jittered(backoff.failed(), random.random()))

    async def fetch(self) -> None:
        """After each announcement, and by polling while there is no connection."""
        backoff = Backoff(first=0.1, most=POLL_SECONDS)
        while True:
            await self._until_there_is_reason()
            try:
                await self._catch_up()
                backoff.worked()
            except (ControlPlaneUnavailable, SnapshotInvalid) as error:
                self._note(failed=str(error))
                self._nudge.set()
                await asyncio.sleep(jittered(backoff.failed(), random.random()))

    def _hear(self, revision: int) -> None:
        if self._snapshot.withheld and not self._live:
            self._nudge.set()  # a control plane that returns may have the missing key again
        self._live = True
        self._note(lost="")
        if revision != self._snapshot.revision:
            self._heard = revision
            self._nudge.set()

    async def _until_there_is_reason(self) -> None:
        while not self._nudge.is_set():
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._nudge.wait()
            except TimeoutError:
                if not self._live:
                    break
        self._nudge.clear()

    async def _catch_up(self) -> None:
        """If the control plane is behind us it was reset: then the whole snapshot is needed."""
        behind = self._heard is not None and self._heard < self._snapshot.revision
        heard, self._heard = self._heard, None
        # Fetch everything if Workers were withheld, which are in no change, or if the snapshot is
        # incomplete, which may already have the newest revision.
        whole = behind or bool(self._snapshot.withheld) or not self._snapshot.known
        raw = await self._control.snapshot(0 if whole else self._snapshot.revision)
        if raw is not None:
            await self._take(raw)
        self._note(lost="", failed="")
        if heard is not None and heard > self._snapshot.revision:
            log.info("revision %d was announced, but %d was sent", heard, self._snapshot.revision)

    async def _take(self, raw: bytes) -> None:
        change = await in_thread_if(len(raw) > _LARGE, self._control.read_snapshot, raw)
        try:
            snapshot = merge(self._snapshot, change)
        except SnapshotInvalid:
            whole = await self._control.snapshot(0)
            if whole is None:
                raise
            read = self._control.read_snapshot
            snapshot = merge(self._snapshot, await in_thread_if(len(whole) > _LARGE, read, whole))
        self._snapshot = snapshot
        self._desired_state.set_desired(snapshot)

    def _note(self, *, lost: str | None = None, failed: str | None = None) -> None:
        before = self.error
        self._lost = self._lost if lost is None else lost
        self._failed = self._failed if failed is None else failed
        self.error = self._failed or self._lost
        if self.error == before:
            return
        if self.error and (not before or before == _NOT_YET):
            log.warning("the control plane is unavailable: %s", self.error)
        elif not self.error:
            log.info("the control plane is connected")
        self._changed()
