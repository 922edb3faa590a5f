"""The agents' WebSocket: the newest revision and the watched Workers, on change and with every
heartbeat, and requests for the edge's proof listener."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.utils import timezone
from django.utils.datastructures import CaseInsensitiveMapping

from dashboard.edges.protocol.certificates import CertificateRefused, check_certificate
from dashboard.edges.protocol.edge_keys import has_other_key
from dashboard.edges.protocol.notify_agents import GROUP
from dashboard.edges.registry.tokens import SignIn, TokenState, sign_in
from dashboard.events import rows as events
from dashboard.live.channel.database import in_database
from dashboard.live.channel.push_socket import PushSocket
from dashboard.live.logs import subscriptions
from dashboard.sending.relay import rows as relayed
from routing.control import revision
from routing.models import EdgeToken, Worker, runs_in

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


SIGN_IN_AGAIN = 4401
"""Close code when the token is no longer valid; the next request says why."""


class State(NamedTuple):
    """What an agent is sent. `watched` are Workers of its group that someone is viewing."""

    revision: int = 0
    watched: tuple[str, ...] = ()
    is_draining: bool = False


class EdgeConsumer(PushSocket):
    """Sends `{"revision": n, "watch": [Worker, …]}`, with `"is_draining": true` while the edge
    drains, `relay` where there are requests to send, and `cancel` with ids of those that are no
    longer needed, and cron and queue `events`. Agents send nothing."""

    refusal = SIGN_IN_AGAIN

    async def admit(self) -> Sequence[str] | None:
        self.sent = State()
        self.socket_id, self.polls_relayed_until = secrets.token_hex(16), 0.0
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in self.scope["headers"]
        }
        signed_in = await in_database(_signed_in)(CaseInsensitiveMapping(headers))
        if signed_in.edge is None or signed_in.token is None:
            return None
        self.edge_id, self.token_id = signed_in.edge.pk, signed_in.token.pk
        return [GROUP, relayed.group(self.edge_id)]

    async def left(self) -> None:
        await in_database(relayed.lose)(self.socket_id)
        await in_database(events.lose)(self.socket_id, timezone.now())

    async def revision(self, event: dict[str, Any]) -> None:
        """Handles `notify_agents.send_revision`."""
        await self._send_state(self.sent._replace(revision=event["revision"]))

    async def watch(self, event: dict[str, Any]) -> None:
        """Handles `notify_agents.send_watched`."""
        state = await in_database(_state)(self.token_id)
        if state is not None:
            await self._send_state(self.sent._replace(watched=state.watched))

    async def relay(self, event: dict[str, Any]) -> None:
        """Handles the notice of `dashboard.sending.relay` that there are requests."""
        await self._take_relayed()

    async def events(self, event: dict[str, Any]) -> None:
        """Handles `dashboard.events.start.notify`."""
        await self._take_events()

    async def relay_cancel(self, event: dict[str, Any]) -> None:
        await self._send_state(self.sent, cancel=[event["id"]])

    async def keep(self) -> int:
        beat = 0
        while True:
            if beat % JOIN_EVERY == JOIN_EVERY - 1:
                await self.join_again()
            state = await in_database(_state)(self.token_id)
            if state is None:
                return SIGN_IN_AGAIN
            if state != self.sent or beat % HEARTBEAT_EVERY == 0:
                await self._send_state(state)
            beat += 1
            await self._poll_relayed()
            await self._take_events()
            await self._pause()

    async def _pause(self) -> None:
        """Until the next poll; meanwhile looks for requests if some came by polling lately."""
        ends = time.monotonic() + POLL_SECONDS
        while (left := ends - time.monotonic()) > 0:
            if time.monotonic() > self.polls_relayed_until:
                await asyncio.sleep(left)
                return
            await asyncio.sleep(min(left, RELAY_POLL_SECONDS))
            await self._poll_relayed()

    async def _poll_relayed(self) -> None:
        if await self._take_relayed():
            self.polls_relayed_until = time.monotonic() + RELAY_POLL_FOR

    async def _take_relayed(self) -> int:
        """Sends the requests that are waiting for this edge, one message each; their number."""
        requests = await in_database(relayed.take)(self.edge_id, self.socket_id)
        for request in requests:
            await self._send_state(self.sent, relay=[msgspec.to_builtins(request)])
        return len(requests)

    async def _take_events(self) -> None:
        """Sends the events that are waiting for this edge, one message each."""
        waiting = await in_database(events.take)(self.edge_id, self.socket_id, timezone.now())
        for delivery in waiting:
            await self._send_state(self.sent, events=[msgspec.to_builtins(delivery)])

    async def _send_state(self, state: State, **more: list[Any]) -> None:
        self.sent = state
        draining = {"is_draining": True} if state.is_draining else {}
        content = {"revision": state.revision, "watch": list(state.watched), **draining}
        await self.send_json(content | more)


def _signed_in(headers: Mapping[str, str]) -> SignIn:
    signed_in = sign_in(headers.get("authorization", ""), timezone.now())
    if signed_in.edge is None:
        return signed_in
    try:
        check_certificate(signed_in.edge, headers)
    except CertificateRefused:
        return SignIn(TokenState.unknown)
    return SignIn(TokenState.unknown) if has_other_key(signed_in.edge, headers) else signed_in


def _state(token_id: int) -> State | None:
    """None once the token is not valid. Three queries, four while Workers are viewed."""
    tokens = EdgeToken.objects.in_use(timezone.now()).filter(pk=token_id)
    edge = tokens.values_list("edge__group", "edge__draining_at").first()
    if edge is None:
        return None
    group, draining_at = edge
    names = subscriptions.watched()
    if names:
        here = Worker.objects.filter(runs_in(group), name__in=names).order_by("name")
        names = list(here.values_list("name", flat=True))
    return State(revision.current(), tuple(names), draining_at is not None)
