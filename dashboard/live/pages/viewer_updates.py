"""Tells the viewers of one process who else looks: at most once a second, and less often the more
there are, so that what it costs does not grow with the square of their number."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from dashboard.live.channel.database import in_database
from dashboard.live.pages import fragments, presence

PER_LOOK = 50
"""Viewers to update in each look: of twice as many, each gets every second update."""


class Viewer(Protocol):
    topics: frozenset[str]

    @property
    def person_name(self) -> str: ...

    def see(self, sequence: fragments.Sequence, html: str, worker: str) -> None:
        """The part that names the others; without waiting for it."""


@dataclass
class CrowdWatch:
    """One per registry. `_due`: in which look a Worker may be updated again."""

    _told: dict[str, Hashable] = field(default_factory=dict)
    _due: dict[str, int] = field(default_factory=dict)

    async def look(self, number: int, viewers: Collection[Viewer]) -> None:
        """Sends arrivals and departures since the last update."""
        of_worker: dict[str, list[Viewer]] = {}
        for viewer in viewers:
            for worker in filter(None, map(presence.about, viewer.topics)):
                of_worker.setdefault(worker, []).append(viewer)
        due = [worker for worker in of_worker if self._due.get(worker, 0) <= number]
        states = await in_database(presence.states)(due) if due else {}
        changed = {w: state for w, state in states.items() if self._told.get(w) != state}
        if changed:
            sequence, crowds = await in_database(_read)(changed)
            for worker, crowd in crowds.items():
                _tell(of_worker[worker], sequence, worker, crowd)
                self._due[worker] = number + 1 + len(of_worker[worker]) // PER_LOOK
        kept = {w: state for w, state in self._told.items() if w in of_worker}
        self._told = kept | changed
        self._due = {w: look for w, look in self._due.items() if w in of_worker}


def _read(workers: Iterable[str]) -> tuple[fragments.Sequence, dict[str, presence.Crowd]]:
    return fragments.sequence(), dict(presence.crowds(list(workers)))


def _tell(
    viewers: Iterable[Viewer], sequence: fragments.Sequence, worker: str, crowd: presence.Crowd
) -> None:
    """Rendered once for all who are not among the first: they see the same names and number."""
    html = lru_cache(maxsize=presence.SHOWN + 2)(presence.rendered)
    first, everybody = set(crowd.names[: presence.SHOWN + 1]), set(crowd.names)
    for viewer in viewers:
        name = viewer.person_name
        if name in first or name not in everybody:
            others = crowd.beside(name)
        else:
            others = presence.Others(crowd.names[: presence.SHOWN], len(crowd.names) - 1)
        viewer.see(sequence, html(others), worker)
