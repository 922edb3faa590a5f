"""Receives requests from the control plane's socket, and posts their answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from routing.agent.base.tasks import Tasks
from routing.agent.control_plane.client import ControlPlane, ControlPlaneUnavailable, NotFound
from routing.relayed_request import MOST_SECONDS, Failure, RelayedAnswer, RelayedRequest
from routing.snapshot import Snapshot

log = logging.getLogger("edge")

AT_ONCE = 32
MOST_WAITING = 256
"""Requests in all; those beyond are answered as busy."""
_TRIES = 3
_PAUSE_SECONDS = 0.5


class Relay:
    """`snapshot` has the Workers that requests may be sent to, and nothing else."""

    def __init__(
        self,
        control: ControlPlane,
        tasks: Tasks,
        port: int,
        snapshot: Callable[[], Snapshot],
    ) -> None:
        self._control, self._tasks, self._port, self._snapshot = control, tasks, port, snapshot
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: dict[str, asyncio.Task[None]] = {}

    def receive(self, requests: Iterable[RelayedRequest], cancelled: Iterable[str]) -> None:
        """Starts new requests and ends those that are no longer needed."""
        for request in requests:
            if request.id not in self._running:
                task = self._tasks.once("relay", self._relay(request))
                self._running[request.id] = task
                task.add_done_callback(partial(self._ended, request.id))
        for key in cancelled:
            if (running := self._running.get(key)) is not None:
                running.cancel()

    def _ended(self, key: str, _: object) -> None:
        self._running.pop(key, None)

    async def _relay(self, request: RelayedRequest) -> None:
        answer = await self._answer(request)
        body = msgspec.json.encode(answer)
        for _ in range(_TRIES):
            try:
                await self._control.relay_answer(request.id, body)
                return
            except NotFound:
                return
            except ControlPlaneUnavailable as error:
                if error.refused:
                    return
                log.debug("the answer to %s was not accepted: %s", request.id, error)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _answer(self, request: RelayedRequest) -> RelayedAnswer:
        if len(self._running) > MOST_WAITING:
            return RelayedAnswer(Failure.busy)
        host = self._host(request.worker)
        if host is None:
            return RelayedAnswer(Failure.unknown_worker)
        try:
            async with asyncio.timeout(min(request.seconds, MOST_SECONDS)):
                await self._slots.acquire()
        except TimeoutError:
            return RelayedAnswer(Failure.busy)
        try:
            from routing.agent.relay.exchange import exchange  # h11 only where it is needed

            return await exchange(request, host, self._port)
        finally:
            self._slots.release()

    def _host(self, worker: str) -> str | None:
        """The host name of one of this edge's Workers."""
        snapshot = self._snapshot()
        known = any(spec.name == worker for spec in snapshot.workers)
        return f"{worker}.{snapshot.domain}" if known else None
