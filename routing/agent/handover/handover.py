"""Chooses the sockets that the next Envoy starts on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path

from routing.agent.handover import sockets
from routing.agent.handover.sockets import Sockets
from routing.agent.handover.successor import Predecessor, memory_size

log = logging.getLogger("edge")

WAIT_SECONDS = 2.0
"""How long connections may wait for the next Envoy. If it takes longer they are refused, so that a
load balancer tries another edge."""
PLAIN = ("--disable-hot-restart",)
"""Arguments of an Envoy that opens its own sockets."""


class Handover:
    """Call `arguments` for each start, `take` when that Envoy is up, and `lost` when it has ended;
    `close` before a planned end, so that the sockets close with Envoy's."""

    def __init__(self, program: Path, addresses: Iterable[str], workers: int) -> None:
        self._program, self._addresses, self._workers = program, tuple(addresses), workers
        self._sockets: Sockets = {}
        self._predecessor: Predecessor | None = None
        self._memory_size = 0
        self._may_take = sockets.can_duplicate()
        self._failed = False
        #: Connections that waited for an Envoy and were then accepted.
        self.waited = 0

    @property
    def is_under_way(self) -> bool:
        """Was the last Envoy started on sockets of ours?"""
        return self._predecessor is not None

    @property
    def count(self) -> int:
        """Sockets that we have."""
        return sum(map(len, self._sockets.values()))

    def arguments(self) -> list[str]:
        """For the next Envoy."""
        if not self._sockets and not self._may_take and not self._failed:
            self._open()
        if not self._sockets:
            self.close()
            return list(PLAIN)
        try:
            self._predecessor = Predecessor(self._sockets, self._memory_size)
        except OSError as error:
            log.warning("Envoy opens new sockets: %s", error)
            self.close()
            return list(PLAIN)
        return self._predecessor.arguments

    async def take(self, pid: int) -> None:
        """Envoy is up: duplicates its sockets. Where that is not allowed, sockets we opened
        ourselves are kept."""
        self._failed = False
        if self._predecessor is not None and self._predecessor.waited:
            self.waited += self._predecessor.waited
            log.info("%d connections waited for Envoy", self._predecessor.waited)
        try:
            await self._know_memory_size()
            taken = await asyncio.to_thread(sockets.duplicates, pid, self._addresses)
        except (ProcessLookupError, FileNotFoundError):
            return  # it ended meanwhile
        except OSError as error:
            self._may_take = False
            if not self._sockets:
                log.warning("when Envoy ends, connections are refused for a moment: %s", error)
            return
        if not self._sockets.keys() <= taken.keys():
            sockets.close(taken)  # a process that ends has no sockets left: ours are the same
            return
        sockets.close(self._sockets)
        self._sockets = taken

    def lost(self, *, was_up: bool, wait: float) -> None:
        """Envoy ended and the next one starts in `wait` seconds. Sockets on which it could not
        start are closed."""
        self._failed = self.is_under_way and not was_up
        self._end_predecessor()
        if self._failed or wait > WAIT_SECONDS:
            self.close()
        elif not self._sockets and not self._may_take:
            self._open()

    def cancel(self) -> None:
        """Envoy could not be started; the sockets stay open."""
        self._end_predecessor()

    def close(self) -> None:
        """Closes all sockets."""
        self._end_predecessor()
        sockets.close(self._sockets)

    def _end_predecessor(self) -> None:
        if self._predecessor is not None:
            self._predecessor.close()
            self._predecessor = None

    async def _know_memory_size(self) -> None:
        if not self._memory_size:
            self._memory_size = await asyncio.to_thread(memory_size, self._program)

    def _open(self) -> None:
        """Opens sockets before the first Envoy does, where duplicating is not allowed."""
        try:
            self._memory_size = self._memory_size or memory_size(self._program)
            self._sockets = sockets.listen_again(self._addresses, self._workers)
        except OSError as error:
            log.warning("Envoy opens new sockets: %s", error)
            self._failed = True
