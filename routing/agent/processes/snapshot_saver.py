"""Saves the applied snapshot whenever it changes, and evicts files that nothing needs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from routing.agent.base.sealed_file import Seal
from routing.agent.processes.last_applied import needed, save
from routing.agent.state.state import EdgeState
from routing.snapshot import EMPTY, Snapshot, VersionSpec

log = logging.getLogger("edge")

_AGAIN_SECONDS = 0.5


class Cache(Protocol):
    """Files that versions need."""

    async def evict(self, versions: Iterable[VersionSpec], /) -> None:
        """Deletes what none of the versions needs."""


class SnapshotSaver:
    """`caches` evict what is not needed. `current` returns the state to save and the desired
    snapshot, `fail` takes the reason why a save failed ("" once one succeeds)."""

    def __init__(
        self,
        seal: Seal,
        caches: Iterable[Cache],
        current: Callable[[], tuple[EdgeState, Snapshot]],
        fail: Callable[[str], None],
    ) -> None:
        self._seal, self._caches = seal, tuple(caches)
        self._current, self._fail = current, fail
        self._unsaved = asyncio.Event()
        self._saving = asyncio.Lock()
        self._saved: Snapshot = EMPTY
        self._earlier: Snapshot = EMPTY

    def boot(self, applied: Snapshot) -> None:
        """`applied` was read from disk."""
        self._saved = self._earlier = applied

    def changed(self) -> None:
        """Another snapshot is applied."""
        self._unsaved.set()

    async def run(self) -> None:
        """Saves after every change; tries again when that fails."""
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            try:
                saved = await self._save()
                state, desired = self._current()
                now = needed(state, desired, self._earlier)
                for cache in self._caches:
                    await cache.evict([*needed(saved, saved.applied), *now])
                self._fail("")
            except OSError as error:
                self._fail(f"the snapshot cannot be saved: {error.strerror}")
                await asyncio.sleep(_AGAIN_SECONDS)
                self._unsaved.set()

    async def save_now(self) -> None:
        """Saves what is applied, unless it is on disk already. Logs a failure."""
        try:
            await self._save()
        except OSError as error:
            log.error("the snapshot cannot be saved: %s", error.strerror)

    async def _save(self) -> EdgeState:
        """One save at a time: all write the same temporary file."""
        async with self._saving:
            state, _ = self._current()
            if state.applied is not self._saved:
                await asyncio.to_thread(save, state, self._seal)
                self._earlier, self._saved = self._saved, state.applied
            return state
