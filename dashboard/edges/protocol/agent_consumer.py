"""The agents' WebSocket: the newest revision and the watched Workers, on change and with every
heartbeat, and requests for the edge's proof listener."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from dashboard.edges.protocol.auth import edge_of
from dashboard.edges.protocol.notify_agents import GROUP
from dashboard.live.channel.database import in_database
from dashboard.live.channel.push_socket import PushSocket
from dashboard.live.logs import subscriptions
from dashboard.sending.relay import rows as relayed
from routing.control import revision

POLL_SECONDS = 1.0
"""Between reads of the counter, for changes made by another process without Redis."""
HEARTBEAT_EVERY = 5
"""Polls."""
RELAY_POLL_SECONDS = 0.05
RELAY_POLL_FOR = 10.0
"""After a request that only polling brought, more are likely to follow: its sender is a process
without a channel layer that reaches this one."""
JOIN_EVERY = 15
"""Polls between two joins of the group, whose membership expires."""


class EdgeConsumer(PushSocket):
    """Sends `{"revision": n, "watch": [Worker, …]}`, with `relay` where there are requests to send
    and `cancel` with ids of those that are no longer needed. Agents send nothing."""

    refusal = 4401

    async def admit(self) -> Sequence[str] | None:
        headers = dict(self.scope["headers"])
        token = headers.get(b"authorization", b"").decode("latin-1")
        self.sent_revision, self.watched = 0, list[str]()
        self.socket_id, self.polls_relayed_until = secrets.token_hex(16), 0.0
        edge = await in_database(edge_of)(token)
        if edge is None:
            return None
        self.edge_id = edge.pk
        return [GROUP, relayed.group(edge.pk)]

    async def left(self) -> None:
        await in_database(relayed.lose)(self.socket_id)

    async def revision(self, event: dict[str, Any]) -> None:
        """Handles `notify_agents.send_revision`."""
        await self._send_state(event["revision"], self.watched)

    async def watch(self, event: dict[str, Any]) -> None:
        """Handles `notify_agents.send_watched`."""
        await self._send_state(self.sent_revision, await in_database(subscriptions.watched)())

    async def relay(self, event: dict[str, Any]) -> None:
        """Handles the notice of `dashboard.sending.relay` that there are requests."""
        await self._take_relayed()

    async def relay_cancel(self, event: dict[str, Any]) -> None:
        await self._send_state(self.sent_revision, self.watched, cancel=[event["id"]])

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
            if await self._take_relayed():
                self.polls_relayed_until = time.monotonic() + RELAY_POLL_FOR
            await self._pause()

    async def _pause(self) -> None:
        """Until the next poll; meanwhile looks for requests if some came by polling lately."""
        ends = time.monotonic() + POLL_SECONDS
        while (left := ends - time.monotonic()) > 0:
            if time.monotonic() > self.polls_relayed_until:
                await asyncio.sleep(left)
                return
            await asyncio.sleep(min(left, RELAY_POLL_SECONDS))
            if await self._take_relayed():
                self.polls_relayed_until = time.monotonic() + RELAY_POLL_FOR

    async def _take_relayed(self) -> int:
        """Sends the requests that are waiting for this edge, one message each; their number."""
        requests = await in_database(relayed.take)(self.edge_id, self.socket_id)
        for request in requests:
            item = msgspec.to_builtins(request)
            await self._send_state(self.sent_revision, self.watched, relay=[item])
        return len(requests)

    async def _send_state(self, newest: int, watched: list[str], **more: list[Any]) -> None:
        self.sent_revision, self.watched = newest, watched
        await self.send_json({"revision": newest, "watch": watched, **more})


def _now() -> tuple[int, list[str]]:
    return revision.current(), subscriptions.watched()
