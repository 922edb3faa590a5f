"""The agents' WebSocket: the newest revision and who is looked at, at once and with every
heartbeat."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from dashboard.edges.gate import edge_of
from dashboard.edges.nudge import GROUP
from dashboard.live import watching
from routing import revision

LOOK_EVERY = 1.0
"""Seconds between looks at the counter, for changes made by another process without Redis."""
HEARTBEAT_EVERY = 5


class EdgeConsumer(AsyncJsonWebsocketConsumer):
    """Sends `{"revision": n, "watch": [Worker, …]}`; agents send nothing."""

    async def connect(self) -> None:
        headers = dict(self.scope["headers"])
        token = headers.get(b"authorization", b"").decode("latin-1")
        if await sync_to_async(edge_of)(token) is None:
            await self.close(code=4401)
            return
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        self.told, self.watched = 0, list[str]()
        self.looking = asyncio.ensure_future(self._look())

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "looking"):
            self.looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.looking
            await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def revision(self, event: dict[str, Any]) -> None:
        """The nudge: somebody changed the desired state."""
        await self._tell(event["revision"], self.watched)

    async def watch(self, event: dict[str, Any]) -> None:
        """The other nudge: somebody began or ceased to look at a Worker."""
        await self._tell(self.told, await sync_to_async(watching.watched)())

    async def _look(self) -> None:
        beat = 0
        while True:
            newest, watched = await sync_to_async(_now)()
            news = (newest, watched) != (self.told, self.watched)
            if news or beat % HEARTBEAT_EVERY == 0:
                await self._tell(newest, watched)
            beat += 1
            await asyncio.sleep(LOOK_EVERY)

    async def _tell(self, newest: int, watched: list[str]) -> None:
        self.told, self.watched = newest, watched
        await self.send_json({"revision": newest, "watch": watched})


def _now() -> tuple[int, list[str]]:
    return revision.current(), watching.watched()
