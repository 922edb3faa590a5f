"""Adopted versions that no snapshot names yet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from routing.agent.adoption.edge_state import starts_of
from routing.agent.base.process_notes import VersionNote
from routing.agent.state.actions import Start
from routing.agent.state.state import EdgeState
from routing.snapshot import Preview, Snapshot

_BEHIND_SECONDS = 2.0


class Unnamed:
    """A note is not enough to restart a version: bindings come from a snapshot."""

    def __init__(self, fingerprint: Callable[[Start], str]) -> None:
        self._fingerprint = fingerprint
        self._waiting: dict[str, VersionNote] = {}

    def add(self, about: VersionNote) -> None:
        self._waiting[about.id] = about

    def named(
        self, snapshots: Iterable[Snapshot], previews: Mapping[str, Preview]
    ) -> list[tuple[Start, bool]]:
        """Versions that are named now: how to start each, and whether its process is up to date."""
        if not self._waiting:
            return []
        slots = {key: about.slot for key, about in self._waiting.items()}
        starts = starts_of(slots, snapshots, previews)
        return [
            (start, self._waiting.pop(key).fingerprint == self._fingerprint(start))
            for key, start in starts.items()
        ]


class _Edge(Protocol):
    desired: Snapshot

    @property
    def state(self) -> EdgeState: ...


async def until_not_behind(revision: int, edge: _Edge) -> None:
    """Waits until the desired revision is at least `revision`: two seconds, or without limit if the
    edge has no snapshot at all."""
    deadline = time.monotonic() + _BEHIND_SECONDS
    while edge.desired.revision < revision:
        if time.monotonic() > deadline and edge.state.applied.workers:
            return
        await asyncio.sleep(0.02)
