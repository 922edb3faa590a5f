"""The agents' WebSocket: the newest revision and the watched Workers, on change and with every
heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.datastructures import CaseInsensitiveMapping

from dashboard.edges.protocol.certificates import CertificateRefused, check_certificate
from dashboard.edges.protocol.notify_agents import GROUP
from dashboard.edges.registry.tokens import sign_in
from dashboard.live.channel.database import in_database
from dashboard.live.channel.push_socket import PushSocket
from dashboard.live.logs import subscriptions
from routing.control import revision
from routing.models import EdgeToken, Worker, runs_in

POLL_SECONDS = 1.0
"""Between reads of the counter, for changes made by another process without Redis."""
HEARTBEAT_EVERY = 5
"""Polls."""
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
    drains; agents send nothing."""

    refusal = SIGN_IN_AGAIN

    async def admit(self) -> Sequence[str] | None:
        self.sent, self.token_id = State(), 0
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in self.scope["headers"]
        }
        self.token_id = await in_database(_token_id)(CaseInsensitiveMapping(headers))
        return [GROUP] if self.token_id else None

    async def revision(self, event: dict[str, Any]) -> None:
        """Handles `notify_agents.send_revision`."""
        await self._send_state(self.sent._replace(revision=event["revision"]))

    async def watch(self, event: dict[str, Any]) -> None:
        """Handles `notify_agents.send_watched`."""
        state = await in_database(_state)(self.token_id)
        if state is not None:
            await self._send_state(self.sent._replace(watched=state.watched))

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
            await asyncio.sleep(POLL_SECONDS)

    async def _send_state(self, state: State) -> None:
        self.sent = state
        content = {"revision": state.revision, "watch": list(state.watched)}
        await self.send_json(content | ({"is_draining": True} if state.is_draining else {}))


def _token_id(headers: Mapping[str, str]) -> int:
    """0 without a valid token."""
    signed_in = sign_in(headers.get("authorization", ""), timezone.now())
    if signed_in.edge is None or signed_in.token is None:
        return 0
    try:
        check_certificate(signed_in.edge, headers)
    except CertificateRefused:
        return 0
    return signed_in.token.pk


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
