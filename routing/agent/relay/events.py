"""Delivers cron and queue events to versions of this edge, and posts what became of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import aiohttp
import msgspec

from routing.agent.base.tasks import Tasks
from routing.agent.control_plane.client import ControlPlane, ControlPlaneUnavailable, NotFound
from routing.agent.state.state import Process
from routing.compile import names
from routing.event_delivery import (
    MOST_BYTES,
    MOST_SECONDS,
    EventAnswer,
    EventDelivery,
    EventFailure,
)

log = logging.getLogger("edge")

AT_ONCE = 64
"""Events in progress; those beyond are answered as busy."""
_TRIES = 30
_PAUSE_SECONDS = 2.0


class _Result(msgspec.Struct):
    outcome: str


class Events:
    """`in_progress` counts events by version id: a version with one is not stopped."""

    def __init__(
        self,
        control: ControlPlane,
        tasks: Tasks,
        processes: Callable[[], Mapping[str, Process]],
        in_progress: Counter[str],
    ) -> None:
        self._control, self._tasks = control, tasks
        self._processes, self._in_progress = processes, in_progress
        self._running: set[str] = set()

    def receive(self, deliveries: Iterable[EventDelivery]) -> None:
        """Starts events that are not in progress."""
        for delivery in deliveries:
            if delivery.id not in self._running:
                self._running.add(delivery.id)
                task = self._tasks.once("event", self._deliver(delivery))
                task.add_done_callback(partial(self._ended, delivery.id))

    def _ended(self, key: str, _: object) -> None:
        self._running.discard(key)

    async def _deliver(self, delivery: EventDelivery) -> None:
        body = msgspec.json.encode(await self._answer(delivery))
        for _ in range(_TRIES):
            try:
                await self._control.event_answer(delivery.id, body)
                return
            except NotFound:
                return
            except ControlPlaneUnavailable as error:
                if error.refused:
                    return
                log.debug("the answer to event %s was not accepted: %s", delivery.id, error)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _answer(self, delivery: EventDelivery) -> EventAnswer:
        if len(self._running) > AT_ONCE:
            return EventAnswer(EventFailure.busy)
        if delivery.version_id not in self._processes():
            return EventAnswer(EventFailure.unknown_version)
        self._in_progress[delivery.version_id] += 1
        try:
            return await deliver(delivery)
        finally:
            self._in_progress[delivery.version_id] -= 1
            if not self._in_progress[delivery.version_id]:
                del self._in_progress[delivery.version_id]


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """One byte more than is allowed, at most."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            break
    return bytes(body)


async def deliver(delivery: EventDelivery) -> EventAnswer:
    """To the version's own socket. A cold version starts, as with a request."""
    path = names.socket_file(delivery.version_id, names.EVENTS)
    timeout = aiohttp.ClientTimeout(total=min(delivery.seconds, MOST_SECONDS))
    began = time.monotonic()
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(path), timeout=timeout) as client,
            client.post(f"http://events/{delivery.kind}", data=delivery.payload) as response,
        ):
            body = await _read(response)
            if response.status != 200 or len(body) > MOST_BYTES:
                text = body[:500].decode("utf-8", "replace")
                return EventAnswer(EventFailure.broken, f"{response.status} {text}")
            outcome = msgspec.json.decode(body, type=_Result).outcome
    except TimeoutError:
        return EventAnswer(EventFailure.late)
    except (aiohttp.ClientConnectorError, FileNotFoundError) as error:
        return EventAnswer(EventFailure.unreachable, str(error))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return EventAnswer(EventFailure.broken, str(error) or type(error).__name__)
    wall_ms = round((time.monotonic() - began) * 1000)
    return EventAnswer(outcome=outcome, result=body, wall_ms=wall_ms)
