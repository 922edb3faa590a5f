"""The base of every WebSocket here: the server pushes, the client listens.

A subclass says who may connect and to which groups (`admit`), what happens while it is open
(`keep`), and what to undo afterwards (`left`). Everything else is the same for all of them: a fault
closes the socket, so that the client connects again instead of trusting a dead one, and whatever
ended it, its groups and rows are cleaned up.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from dashboard.live.channel.tasks import start, stop
from routing.transactions.after_commit import note_failure

log = logging.getLogger(__name__)

TRY_AGAIN = 1013
"""Close code of a socket that ended by a fault of ours (RFC 6455 registry: Try Again Later)."""
TOO_TALKATIVE = 1008
MOST_HEARD = 64
"""Messages that a client may send; none of them means anything."""
MOST_PENDING = 32
"""Things on their way to one client; it misses what is more."""
END_WITHIN = 3.0
"""Seconds for the clean-up after a socket, database and channel layer together."""


class PushSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """See the module. `refusal` is the close code for those who may not connect."""

    refusal = 4404
    subprotocol: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._joined: list[str] = []
        self._keeper: asyncio.Task[None] | None = None
        self._pending: set[asyncio.Task[None]] = set()
        self._admitted = self._closed = False
        self._heard = 0

    # --- for subclasses ---------------------------------------------------------------------------

    async def admit(self) -> Sequence[str] | None:
        """The groups to join, or None to refuse."""
        raise NotImplementedError

    async def ready(self) -> None:
        """After the groups were joined and before the client hears that it is connected."""

    async def opened(self) -> None:
        """Right after the client was accepted."""

    async def keep(self) -> int:
        """Runs while the socket is open; its end closes it with the code it returns."""
        await asyncio.Event().wait()
        return 1000

    async def left(self) -> None:
        """Undoes what `admit` and `ready` stored; called once, however the socket ended."""

    async def send(self, *args: Any, **kwargs: Any) -> None:
        """What comes after the close is dropped."""
        if not self._closed:
            await super().send(*args, **kwargs)

    async def send_json(self, content: Any) -> None:
        await self.send(json.dumps(content, ensure_ascii=False))

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` without waiting for it. A client that does not read misses messages beyond
        `MOST_PENDING`, and delays no other."""
        if len(self._pending) >= MOST_PENDING:
            work.close()
            return
        task = start(work, f"{type(self).__name__} push")
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def join_again(self) -> None:
        """Groups forget their members in time, and Redis forgets all when it restarts."""
        for group in self._joined:
            await self.channel_layer.group_add(group, self.channel_name)

    # --- the life of a socket ---------------------------------------------------------------------

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the channel layer or the database is away
            note_failure("socket")
            log.warning("%s closed: %r", type(self).__name__, error)
            await self._close(TRY_AGAIN)
        finally:
            await self._clean_up()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As channels does, but without a turn in a thread for each message."""
        handler = getattr(self, message["type"].replace(".", "_"), None)
        if handler is not None:
            await handler(message)

    async def connect(self) -> None:
        groups = await self.admit()
        if groups is None:
            await self.close(code=self.refusal)
            return
        self._admitted = True
        for group in groups:
            self._joined.append(group)
            await self.channel_layer.group_add(group, self.channel_name)
        await self.ready()
        await self.accept(self.subprotocol)
        self._keeper = start(self._kept(), f"{type(self).__name__} keeper")
        await self.opened()

    async def close(self, *args: Any, **kwargs: Any) -> None:
        if not self._closed:
            self._closed = True
            await super().close(*args, **kwargs)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Clients have nothing to say here."""
        self._heard += 1
        if self._heard > MOST_HEARD:
            await self.close(code=TOO_TALKATIVE)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    async def _kept(self) -> None:
        try:
            code = await self.keep()
        except Exception as error:  # noqa: BLE001 - the socket closes and says so in the log
            note_failure("socket keeper")
            log.warning("%s: keeping it open failed: %r", type(self).__name__, error)
            code = TRY_AGAIN
        await self._close(code)

    async def _close(self, code: int) -> None:
        try:
            await self.close(code=code)
        except Exception as error:  # noqa: BLE001 - the client was faster
            log.debug("%s: %r", type(self).__name__, error)

    async def _clean_up(self) -> None:
        await stop(self._keeper)
        for task in tuple(self._pending):
            task.cancel()
        try:
            async with asyncio.timeout(END_WITHIN):
                await self._leave()
        except Exception as error:  # noqa: BLE001 - rows and members lapse by themselves, too
            note_failure("socket clean-up")
            log.warning("%s: not cleaned up: %r", type(self).__name__, error)

    async def _leave(self) -> None:
        try:
            for group in self._joined:
                await self.channel_layer.group_discard(group, self.channel_name)
        finally:
            if self._admitted:
                self._admitted = False
                await self.left()
