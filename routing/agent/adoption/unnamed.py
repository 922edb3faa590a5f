"""Adopted versions until a snapshot names them, and an adopted Envoy that is ahead of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from routing.agent.adoption.edge_state import starts_wanted
from routing.agent.adoption.notes import VersionNote
from routing.agent.state.plan import Start
from routing.agent.state.state import Held
from routing.snapshot import Preview, Snapshot

_BEHIND_SECONDS = 2.0


class Unnamed:
    """What is noted about a version is not enough to start it again; a snapshot's word is."""

    def __init__(self, fingerprint: Callable[[Start], str]) -> None:
        self._fingerprint = fingerprint
        self._waiting: dict[str, VersionNote] = {}

    def add(self, about: VersionNote) -> None:
        """It runs, and no snapshot has named it yet."""
        self._waiting[about.id] = about

    def named(
        self, snapshots: Iterable[Snapshot], previews: Mapping[str, Preview]
    ) -> list[tuple[Start, bool]]:
        """Those that are named now: how each would be started, and whether its process was so."""
        if not self._waiting:
            return []
        slots = {key: about.slot for key, about in self._waiting.items()}
        starts = starts_wanted(slots, snapshots, previews)
        return [
            (start, self._waiting.pop(key).fingerprint == self._fingerprint(start))
            for key, start in starts.items()
        ]


class _Edge(Protocol):
    desired: Snapshot

    @property
    def held(self) -> Held: ...


async def until_not_behind(revision: int, edge: _Edge) -> None:
    """Waits until the desired state is `revision` or newer; two seconds, but without a limit where
    the edge has no snapshot at all: then what Envoy does is better than nothing."""
    deadline = time.monotonic() + _BEHIND_SECONDS
    while edge.desired.revision < revision:
        if time.monotonic() > deadline and edge.held.applied.workers:
            return
        await asyncio.sleep(0.02)
