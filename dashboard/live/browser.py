"""The browsers' WebSocket: parts of pages, pushed as soon as what they show has changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils import timezone
from django.utils.functional import LazyObject

from dashboard.accounts.models import User
from dashboard.accounts.seen import note_seen
from dashboard.accounts.sessions import still_signed_in
from dashboard.live import parts, presence
from dashboard.live.announce import EVERYBODY, group_of, people_changed
from dashboard.live.audience import audience
from dashboard.live.parts import Why

log = logging.getLogger(__name__)

MOST_TOPICS = 8
MOST_PENDING = 32
CHECK_EVERY = 30
"""Beats (seconds) after which the session is looked at again."""


class PageConsumer(AsyncJsonWebsocketConsumer):
    """Sends `{"sequence", "html", "why"}`, and `{}` each second so that silence means something.

    `?topic=workers&topic=worker:shop` says what to follow. Browsers send nothing.
    """

    topics: frozenset[str] = frozenset()
    presences: tuple[UUID, ...] = ()

    async def connect(self) -> None:
        if not await _is_signed_in(self.scope):
            await self.close(code=4401)
            return
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("topic", [])
        self.topics = frozenset(t for t in asked[:MOST_TOPICS] if parts.known(t))
        self.beats = 0
        self.showing: set[asyncio.Task[None]] = set()
        self.shown: dict[tuple[str, str, str], parts.Sequence] = {}
        for group in self._groups():
            await self.channel_layer.group_add(group, self.channel_name)
        self.presences = await _arrive(_person(self.scope), self.topics)
        await self.accept()
        audience().join(self)
        for topic in self.topics:  # what happened while the page was on its way
            self._soon(self.show(topic, Why.EDGES, f"joined {self.channel_name}"))

    async def disconnect(self, code: int) -> None:
        await audience().leave(self)
        for task in tuple(getattr(self, "showing", ())):
            task.cancel()
        for group in self._groups():
            await self.channel_layer.group_discard(group, self.channel_name)
        await _leave(self.presences, self.topics)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing is expected from browsers, and nothing is done with it."""

    async def changed(self, event: dict[str, Any]) -> None:
        """Some room has news about one topic, or about all."""
        for topic in [event["topic"]] if event["topic"] else self.topics:
            self._soon(self.show(topic, Why(event["why"]), event["stamp"], event["subject"]))

    async def parts(self, event: dict[str, Any]) -> None:
        """Some room has rendered parts itself."""
        await self.send_json({"sequence": event["sequence"], "html": event["html"]})

    async def people(self, event: dict[str, Any]) -> None:
        """Somebody came or left; each is told of the others."""
        worker = presence.about(event["topic"])
        sequence, html = await _here(_person(self.scope), worker)
        await self.send_json({"sequence": sequence, "html": html, "why": "people"})

    async def show(self, topic: str, why: Why, stamp: str, subject: str = "") -> None:
        found = await audience().parts(topic, why, subject, stamp)
        key = (topic, why, subject)
        if found.html and found.sequence > self.shown.get(key, (0, 0)):
            self.shown[key] = found.sequence
            await self.send_json({"sequence": found.sequence, "html": found.html, "why": why})

    async def beat(self) -> None:
        self.beats += 1
        if self.beats % CHECK_EVERY == 0 and not await _is_signed_in(self.scope):
            await self.close(code=4401)
            return
        await self.send_json({})

    def hear(self, why: Why, stamp: str) -> None:
        if not stamp:
            self._soon(self.beat())
            return
        for topic in self.topics:
            self._soon(self.show(topic, why, stamp))

    def _soon(self, showing: Coroutine[Any, Any, None]) -> None:
        """Not awaited: metrics wait, a deployment overtakes them, and a reader who does not read
        holds up nobody: it misses beats, notices and asks for the page again."""
        if len(self.showing) >= MOST_PENDING:
            showing.close()
            return
        task = asyncio.ensure_future(showing)
        self.showing.add(task)
        task.add_done_callback(self._shown)

    def _shown(self, task: asyncio.Task[None]) -> None:
        self.showing.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("not shown: %r", error)

    def _groups(self) -> list[str]:
        return [EVERYBODY, *map(group_of, self.topics)] if self.topics else []


@database_sync_to_async
def _arrive(person: User, topics: frozenset[str]) -> tuple[UUID, ...]:
    followed = [topic for topic in topics if presence.about(topic)]
    found = tuple(presence.arrive(person, presence.about(topic)) for topic in followed)
    for topic in followed:
        people_changed(topic)
    return found


@database_sync_to_async
def _leave(presences: tuple[UUID, ...], topics: frozenset[str]) -> None:
    if presences:
        presence.leave(presences)
        for topic in filter(presence.about, topics):
            people_changed(topic)


@database_sync_to_async
def _here(person: User, worker: str) -> tuple[parts.Sequence, str]:
    return parts.sequence(), presence.here(person, worker)


def _person(scope: dict[str, Any]) -> Any:
    user = scope["user"]
    return user._wrapped if isinstance(user, LazyObject) else user  # channels resolved it already


@database_sync_to_async
def _is_signed_in(scope: dict[str, Any]) -> bool:
    """Whether the session still holds a person who may sign in; who is here is noted."""
    user = still_signed_in(scope)
    return user is not None and note_seen(user, timezone.now())
