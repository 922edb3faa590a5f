"""The agents' WebSocket: the newest revision and who is looked at, at once and with every
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

LOOK_EVERY = 1.0
"""Seconds between looks at the counter, for changes made by another process without Redis."""
HEARTBEAT_EVERY = 5
JOIN_EVERY = 15
"""Looks between two joins of the group, which forgets its members in time."""


class EdgeConsumer(PushSocket):
    """Sends `{"revision": n, "watch": [Worker, …]}`; agents send nothing."""

    refusal = 4401

    async def admit(self) -> Sequence[str] | None:
        headers = dict(self.scope["headers"])
        token = headers.get(b"authorization", b"").decode("latin-1")
        self.told, self.watched = 0, list[str]()
        return [GROUP] if await in_database(edge_of)(token) is not None else None

    async def revision(self, event: dict[str, Any]) -> None:
        """The nudge: somebody changed the desired state."""
        await self._tell(event["revision"], self.watched)

    async def watch(self, event: dict[str, Any]) -> None:
        """The other nudge: somebody began or ceased to look at a Worker."""
        await self._tell(self.told, await in_database(subscriptions.watched)())

    async def keep(self) -> int:
        beat = 0
        while True:
            if beat % JOIN_EVERY == JOIN_EVERY - 1:
                await self.join_again()
            newest, watched = await in_database(_now)()
            news = (newest, watched) != (self.told, self.watched)
            if news or beat % HEARTBEAT_EVERY == 0:
                await self._tell(newest, watched)
            beat += 1
            await asyncio.sleep(LOOK_EVERY)

    async def _tell(self, newest: int, watched: list[str]) -> None:
        self.told, self.watched = newest, watched
        await self.send_json({"revision": newest, "watch": watched})


def _now() -> tuple[int, list[str]]:
    return revision.current(), subscriptions.watched()
