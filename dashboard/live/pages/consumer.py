"""The browsers' WebSocket: parts of pages, pushed as soon as what they show has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.utils import timezone
from django.utils.functional import LazyObject

from dashboard.accounts.last_seen_middleware import note_seen
from dashboard.accounts.models import User
from dashboard.accounts.sign_in.sessions import still_signed_in
from dashboard.live.channel.database import in_database
from dashboard.live.channel.push_socket import PushSocket
from dashboard.live.pages import fragments as parts, presence
from dashboard.live.pages.fragments import UpdateReason
from dashboard.live.pages.updates import EVERYBODY, group_of
from dashboard.live.pages.viewers import JOINED, audience

MOST_TOPICS = 8
CHECK_EVERY = 30
"""Beats (seconds) after which the session is looked at again."""


class PageConsumer(PushSocket):
    """Sends `{"sequence", "html", "why"}`, and `{}` each second so that silence means something.

    `?topic=workers&topic=worker:shop` says what to follow. Browsers send nothing.
    """

    refusal = 4401
    topics: frozenset[str] = frozenset()
    presences: tuple[UUID, ...] = ()

    async def admit(self) -> Sequence[str] | None:
        if not await _is_signed_in(self.scope):
            return None
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("topic", [])
        self.topics = frozenset(t for t in asked[:MOST_TOPICS] if parts.known(t))
        self.beats = 0
        self.shown: dict[tuple[str, str, str], parts.Sequence] = {}
        self.others: dict[str, str] = {}
        return [EVERYBODY, *map(group_of, self.topics)] if self.topics else []

    async def ready(self) -> None:
        self.presences = await _arrive(_person(self.scope), self.topics)

    async def opened(self) -> None:
        audience().join(self)
        for topic in self.topics:  # what happened while the page was on its way
            self.soon(self.show(topic, UpdateReason.EDGES, f"{JOINED}{self.channel_name}"))

    async def left(self) -> None:
        await audience().leave(self)
        await in_database(presence.leave)(self.presences)

    async def changed(self, event: dict[str, Any]) -> None:
        """Some room has news about one topic, or about all."""
        for topic in [event["topic"]] if event["topic"] else self.topics:
            self.soon(
                self.show(topic, UpdateReason(event["why"]), event["stamp"], event["subject"])
            )

    async def parts(self, event: dict[str, Any]) -> None:
        """Some room has rendered parts itself."""
        await self.send_json({"sequence": event["sequence"], "html": event["html"]})

    def see(self, sequence: tuple[int, int], html: str, worker: str) -> None:
        """Sends presence when the names on the page have changed."""
        if self.others.get(worker) != html:
            self.others[worker] = html
            message = {"sequence": sequence, "html": html, "why": "people"}
            self.soon(self.send_json(message))

    @property
    def person_name(self) -> str:
        return str(_person(self.scope).username)

    async def show(self, topic: str, why: UpdateReason, stamp: str, subject: str = "") -> None:
        found = await audience().parts(topic, why, subject, stamp)
        key = (topic, why, subject)
        if found.html and found.sequence > self.shown.get(key, (0, 0)):
            self.shown[key] = found.sequence
            await self.send_json({"sequence": found.sequence, "html": found.html, "why": why})

    async def beat(self) -> None:
        self.beats += 1
        if self.beats % CHECK_EVERY == 0:
            if not await _is_signed_in(self.scope):
                await self.close(code=self.refusal)
                return
            await self.join_again()
        await self.send_json({})

    def notify(self, why: UpdateReason, stamp: str, topic: str = "") -> None:
        if not stamp:
            self.soon(self.beat())
            return
        for followed in [topic] if topic else self.topics:
            self.soon(self.show(followed, why, stamp))


@in_database
def _arrive(person: User, topics: frozenset[str]) -> tuple[UUID, ...]:
    followed = [topic for topic in topics if presence.about(topic)]
    return tuple(presence.arrive(person, presence.about(topic)) for topic in followed)


def _person(scope: dict[str, Any]) -> Any:
    user = scope["user"]
    return user._wrapped if isinstance(user, LazyObject) else user  # channels resolved it already


@in_database
def _is_signed_in(scope: dict[str, Any]) -> bool:
    """Whether the session still holds a person who may sign in; who is here is noted."""
    user = still_signed_in(scope)
    return user is not None and note_seen(user, timezone.now())
