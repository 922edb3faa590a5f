"""Those who look at pages of this process. What they see is rendered once for all of them."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

from dashboard.live.channel.database import in_database
from dashboard.live.channel.tasks import start, stop
from dashboard.live.pages import fragments as parts, presence
from dashboard.live.pages.fragments import Parts, UpdateReason
from dashboard.live.pages.viewer_updates import CrowdWatch
from routing.transactions.after_commit import note_failure

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between looks for changes without a message: in a process without Redis, silent edges."""
METRICS_EVERY = 0.5
JOINED = "joined "
"""How stamps begin that ask for what happened while a page was on its way."""
JOINS_EVERY = 0.25
"""Seconds between renderings for those who join: many who come at once share them."""
AGAIN = 5
"""Looks after a change that render lagging edges again: they wait, then they are late."""


class Viewer(Protocol):
    presences: tuple[UUID, ...]
    topics: frozenset[str]

    @property
    def person_name(self) -> str: ...

    def see(self, sequence: parts.Sequence, html: str, worker: str) -> None:
        """Who else looks at a Worker."""

    def notify(self, why: UpdateReason, stamp: str, topic: str = "") -> None:
        """An update of one topic or of all, or without `stamp` a keep-alive. Must not block."""


@dataclass
class _Rendering:
    """`covers`: stamps of the news that it answers; it takes more until it has begun."""

    covers: set[str]
    task: asyncio.Task[Parts] | None = None
    begun_at: float | None = None


@dataclass
class ViewerRegistry:
    """One for each event loop."""

    viewers: set[Viewer] = field(default_factory=set)
    _latest: dict[tuple[str, UpdateReason, str], _Rendering] = field(default_factory=dict)
    _looking: asyncio.Task[None] | None = None
    _watched: dict[tuple[str, UpdateReason], Hashable] = field(default_factory=dict)
    _crowds: CrowdWatch = field(default_factory=CrowdWatch)

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)
        if self._looking is None:
            self._looking = start(self._look(), "audience")

    async def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        if self.viewers or self._looking is None:
            return
        looking, self._looking = self._looking, None
        self._latest.clear()
        self._crowds = CrowdWatch()
        await stop(looking)

    async def parts(self, topic: str, why: UpdateReason, subject: str, stamp: str) -> Parts:
        """What to show after the news `stamp`; rendered once, however many viewers ask."""
        key = (topic, why, subject)
        last = self._latest.get(key)
        if last and (stamp in last.covers or last.begun_at is None):
            last.covers.add(stamp)
        else:
            last = self._latest[key] = _begin(key, stamp, last)
        assert last.task is not None
        return await asyncio.shield(last.task)

    async def _look(self) -> None:
        known: tuple[Any, ...] = ()
        again = 0
        for look in itertools.count(1):
            await asyncio.sleep(LOOK_EVERY)
            try:
                found = await _state()
                await self._watch()
                if look % presence.RENEW_EVERY == 0:
                    await in_database(presence.renew)(
                        [p for v in self.viewers for p in v.presences]
                    )
                await self._crowds.look(look, tuple(self.viewers))
            except Exception as error:  # noqa: BLE001 - no beat: browsers say that nothing is live
                note_failure("audience")
                log.warning("looking at the edges: %r", error)
                continue
            again = AGAIN if found != known else max(0, again - 1)
            news = found != known or (again and not parts.settled(found))
            stamp = f"looked {found} {again}" if known and news else ""
            why = UpdateReason.DEPLOYMENT if known and found[0] != known[0] else UpdateReason.EDGES
            known = found
            for viewer in tuple(self.viewers):
                viewer.notify(why, stamp)

    async def _watch(self) -> None:
        """Topics whose state another process changed. The first look at a topic counts as a change:
        its page may have been rendered before one."""
        values = await _values({topic for viewer in self.viewers for topic in viewer.topics})
        for (topic, why), value in values.items():
            if (topic, why) not in self._watched or self._watched[topic, why] != value:
                for viewer in [v for v in self.viewers if topic in v.topics]:
                    viewer.notify(why, f"watched {value}", topic)
        self._watched = values


_audiences: WeakKeyDictionary[asyncio.AbstractEventLoop, ViewerRegistry] = WeakKeyDictionary()


def audience() -> ViewerRegistry:
    return _audiences.setdefault(asyncio.get_running_loop(), ViewerRegistry())


def _begin(key: tuple[str, UpdateReason, str], stamp: str, last: _Rendering | None) -> _Rendering:
    now = asyncio.get_running_loop().time()
    joins = stamp.startswith(JOINED)
    every = METRICS_EVERY if key[1] is UpdateReason.METRICS else JOINS_EVERY if joins else 0.0
    wait = max(0.0, last.begun_at + every - now) if last and last.begun_at is not None else 0.0
    made = _Rendering({stamp})
    made.task = start(_render(key, made, wait), f"rendering of {key[0]}")
    return made


async def _render(key: tuple[str, UpdateReason, str], rendering: _Rendering, wait: float) -> Parts:
    if wait:
        await asyncio.sleep(wait)
    rendering.begun_at = asyncio.get_running_loop().time()
    return await in_database(parts.render)(*key)


async def _values(topics: Collection[str]) -> dict[tuple[str, UpdateReason], Hashable]:
    return await in_database(parts.watch)(topics) if topics else {}


async def _state() -> tuple[Any, ...]:
    return await in_database(parts.state)()
