"""Every open connection of the web process: what it is doing, since when, and which goes first.

When all places are taken, the connection that has waited longest without a complete request is
closed for the new one. So thousands that only hold places never keep out a person who asks for
something; what is answered just now is never cut off.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import ip_address, ip_network
from typing import Protocol

from dashboard.accounts.strangers.client_address import address_group
from dashboard.run.listener.limits import Limits

THIS_MACHINE = frozenset({"127.0.0.1", "::1", ""})
"""Proxies and edges connect from here, many in the name of one. `""` is a Unix socket."""


class Phase(Enum):
    """What a connection is doing."""

    HEAD = auto()
    """A request's head is under way, or the first one has not begun."""
    IDLE = auto()
    """It was answered and may ask again; uvicorn closes it in time, unless the rest of a request
    came after the answer."""
    BODY = auto()
    ANSWER = auto()
    DISCARD = auto()
    """It was answered, or refused, before all of the request had come."""
    SOCKET = auto()


WAITING = frozenset({Phase.HEAD, Phase.IDLE, Phase.DISCARD})


class Peer(Protocol):
    """What a protocol of uvicorn's tells about its connection."""

    def expire(self) -> None:
        """Ends the connection, with an answer where one fits."""

    @property
    def waits_for_us(self) -> bool:
        """Whether the other side may not send, or has nothing to send, for now."""


@dataclass(slots=True, eq=False)
class Connection:
    """`received` are bytes since `since`, when the phase began (the clock's seconds)."""

    transport: asyncio.Transport
    address: str
    peer: Peer
    since: float
    phase: Phase = Phase.HEAD
    received: int = 0
    unsent_since: float | None = None


class TooMany(Exception):
    """No place for this connection; the message says why."""


class Connections:
    """For one event loop, which alone calls it."""

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        proxies: Iterable[str] = (),
    ) -> None:
        """`proxies`: networks whose addresses have no limit of their own, like this machine."""
        self.limits, self._clock = limits, clock
        self._proxies = tuple(map(ip_network, proxies))
        self._all: dict[asyncio.Transport, Connection] = {}
        self._waiting: dict[Connection, None] = {}  # oldest first
        self._in_phase: Counter[Phase] = Counter()
        self._from: Counter[str] = Counter()
        self._looked_at = clock()

    def __len__(self) -> int:
        return len(self._all)

    def count(self, phase: Phase) -> int:
        return self._in_phase[phase]

    def add(self, transport: asyncio.Transport, peer: Peer, address: str) -> Connection:
        """A new connection. Raises `TooMany`: then it is not counted."""
        group = address_group(address) or ""
        if self._from[group] >= self.limits.per_address and not self._is_proxy(address):
            raise TooMany("Too many connections from this address.")
        if len(self._all) >= self.limits.connections and not self.make_room():
            raise TooMany("Too many connections.")
        connection = Connection(transport, group, peer, self._clock())
        self._all[transport] = connection
        self._waiting[connection] = None
        self._in_phase[Phase.HEAD] += 1
        self._from[group] += 1
        return connection

    def _is_proxy(self, address: str) -> bool:
        if address in THIS_MACHINE:
            return True
        return any(ip_address(address) in network for network in self._proxies)

    def enter(self, connection: Connection, phase: Phase) -> None:
        """`connection` begins with something else."""
        self._in_phase[connection.phase] -= 1
        self._in_phase[phase] += 1
        connection.phase, connection.since, connection.received = phase, self._clock(), 0
        self._waiting.pop(connection, None)
        if phase in WAITING:
            self._waiting[connection] = None

    def hand_over(self, transport: asyncio.Transport, peer: Peer) -> Connection | None:
        """The connection has become a WebSocket."""
        if connection := self._all.get(transport):
            connection.peer = peer
            self.enter(connection, Phase.SOCKET)
        return connection

    def remove(self, transport: asyncio.Transport) -> None:
        connection = self._all.pop(transport, None)
        if connection is None:
            return
        self._waiting.pop(connection, None)
        self._in_phase[connection.phase] -= 1
        self._from[connection.address] -= 1
        if not self._from[connection.address]:
            del self._from[connection.address]

    def make_room(self) -> bool:
        """Closes the connection that has waited longest; False where none waits."""
        oldest = next(iter(self._waiting), None)
        if oldest is None:
            return False
        self.remove(oldest.transport)
        oldest.transport.abort()
        return True

    def close_overdue(self) -> None:
        """To be called about once a second."""
        now = self._clock()
        elapsed, self._looked_at = now - self._looked_at, now
        for connection in tuple(self._all.values()):
            if connection.phase is Phase.BODY and connection.peer.waits_for_us:
                connection.since += elapsed
            if self._is_unread(connection, now):
                connection.transport.abort()
            elif now > self._deadline(connection):
                connection.peer.expire()

    def _deadline(self, connection: Connection) -> float:
        limits, since = self.limits, connection.since
        match connection.phase:
            case Phase.HEAD | Phase.DISCARD:
                return since + limits.head_seconds
            case Phase.IDLE:
                return since + limits.idle_seconds
            case Phase.BODY:
                earned = connection.received / limits.body_bytes_a_second
                return since + limits.body_seconds + earned
            case Phase.SOCKET if not connection.peer.waits_for_us:
                return since + limits.handshake_seconds
        return float("inf")

    def _is_unread(self, connection: Connection, now: float) -> bool:
        """Whether the other side has not read for too long what is on its way to it."""
        if not connection.transport.get_write_buffer_size():
            connection.unsent_since = None
        elif connection.unsent_since is None:
            connection.unsent_since = now
        since = connection.unsent_since
        return since is not None and now - since > self.limits.unsent_seconds
