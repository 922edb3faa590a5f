"""The parts of a page that are pushed. Rooms say how theirs are rendered, for everybody alike:
nothing in them depends on a person, since one rendering is sent to all who look."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from dashboard.fleet.propagation import Cell, meter_of_all
from routing.control import revision


class UpdateReason(StrEnum):
    """What happened. Metrics may wait for half a second, the others go at once."""

    DEPLOYMENT = "deployment"
    EDGES = "edges"
    METRICS = "metrics"


Renderer: TypeAlias = Callable[[str, UpdateReason, str], str]
"""(name, why, subject) → elements with ids. For the topic `worker:shop` the name is `shop`; the
subject is the Worker that it happened to."""

Sequence: TypeAlias = tuple[int, int]
"""(revision, microseconds) read before the rows are: of two renderings, which is the newer."""


@dataclass(frozen=True, slots=True)
class Parts:
    sequence: Sequence
    html: str


Watcher: TypeAlias = Callable[[Collection[str]], Mapping[str, Mapping[UpdateReason, Hashable]]]
"""Names that pages follow → by name and reason, a value; another value than before is news. For
what other processes write: without Redis their messages do not arrive."""

_renderers: dict[str, Renderer] = {}
_watchers: dict[str, Watcher] = {}


def provide(kind: str, renderer: Renderer, watcher: Watcher | None = None) -> None:
    """How topics of this kind are rendered, and how news about them is noticed."""
    _renderers[kind] = renderer
    if watcher is not None:
        _watchers[kind] = watcher


def watch(topics: Collection[str]) -> dict[tuple[str, UpdateReason], Hashable]:
    """What the watchers read about these topics, by (topic, reason). One call for each kind."""
    values: dict[tuple[str, UpdateReason], Hashable] = {}
    for kind, watcher in _watchers.items():
        prefix = f"{kind}:"
        names = [topic.removeprefix(prefix) for topic in topics if topic.startswith(prefix)]
        for name, by_reason in (watcher(names) if names else {}).items():
            values |= {(prefix + name, why): value for why, value in by_reason.items()}
    return values


def known(topic: str) -> bool:
    return topic.partition(":")[0] in _renderers


def sequence() -> Sequence:
    """To be read before the data that will be rendered."""
    return revision.current(), time.time_ns() // 1000


def render(topic: str, why: UpdateReason, subject: str = "") -> Parts:
    """What pages about `topic` show now."""
    kind, _, name = topic.partition(":")
    now = sequence()
    return Parts(now, _renderers[kind](name, why, subject))


def state() -> tuple[int, tuple[tuple[str, str], ...]]:
    """The newest revision and how each edge is: when they differ, pages must follow."""
    meter = meter_of_all()
    return meter.revision, tuple((c.edge, _state(c)) for c in meter.cells)


def _state(cell: Cell) -> str:
    """An edge that falls silent, or loses lines, changes pages, too."""
    reasons = cell.condition.reasons if cell.condition else ()
    return "+".join((cell.state, *reasons))


def settled(state: tuple[int, tuple[tuple[str, str], ...]]) -> bool:
    """Whether every edge has the newest revision."""
    return all(edge_state.startswith("applied") for _, edge_state in state[1])
