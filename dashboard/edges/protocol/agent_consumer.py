"""The agents' WebSocket: the newest revision and the watched Workers, on change and with every
heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from dashboard.edges.protocol.auth import edge_of
from dashboard.edges.protocol.notify_agents import GROUP
from dashboard.live.channel.database import in_database
from dashboard.live.channel.push_socket import PushSocket
from dashboard.live.logs import subscriptions
from routing.control import revision

POLL_SECONDS = 1.0
"""Between reads of the counter, for changes made by another process without Redis."""
HEARTBEAT_EVERY = 5
"""Polls."""
JOIN_EVERY = 15
"""Polls between two joins of the group, whose membership expires."""


class EdgeConsumer(PushSocket):
    """Sends `{"revision": n, "watch": [Worker, …]}`; agents send nothing."""

    refusal = 4401

    async def admit(self) -> Sequence[str] | None:
        headers = dict(self.scope["headers"])
        token = headers.get(b"authorization", b"").decode("latin-1")
        self.sent_revision, self.watched = 0, list[str]()
        return [GROUP] if await in_database(edge_of)(token) is not None else None

    async def revision(self, event: dict[str, Any]) -> None:
        """Handles `notify_agents.send_revision`."""
        await self._send_state(event["revision"], self.watched)

    async def watch(self, event: dict[str, Any]) -> None:
        """Handles `notify_agents.send_watched`."""
        await self._send_state(self.sent_revision, await in_database(subscriptions.watched)())

    async def keep(self) -> int:
        beat = 0
        while True:
            if beat % JOIN_EVERY == JOIN_EVERY - 1:
                await self.join_again()
            newest, watched = await in_database(_now)()
            has_changed = (newest, watched) != (self.sent_revision, self.watched)
            if has_changed or beat % HEARTBEAT_EVERY == 0:
                await self._send_state(newest, watched)
            beat += 1
            await asyncio.sleep(POLL_SECONDS)

    async def _send_state(self, newest: int, watched: list[str]) -> None:
        self.sent_revision, self.watched = newest, watched
        await self.send_json({"revision": newest, "watch": watched})


def _now() -> tuple[int, list[str]]:
    return revision.current(), subscriptions.watched()
