"""Waits until a version without routes has no requests."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from routing.agent.base.tasks import Tasks
from routing.agent.config import Config
from routing.agent.envoy.admin_client import EnvoyUnavailable
from routing.agent.processes.interfaces import EnvoyAdmin
from routing.compile import names
from routing.snapshot import VersionSpec

log = logging.getLogger("edge")

LEAST_SECONDS = 1.0
"""A request that called the decide service may still use the route from before."""
_EVERY_SECONDS = 0.25


class Drains:
    """One task per version. `events` are cron and queue events in progress, by version id."""

    def __init__(
        self, admin: EnvoyAdmin, tasks: Tasks, config: Config, events: Counter[str]
    ) -> None:
        self._admin, self._tasks, self._config, self._events = admin, tasks, config, events
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, version: VersionSpec, done: Callable[[], None]) -> None:
        """Calls `done` when its requests have ended and their waitUntil() had time."""
        work = self._drain(version, done)
        self._running[version.id] = self._tasks.once(f"drain {version.id}", work)

    def cancel(self, version_id: str) -> None:
        task = self._running.pop(version_id, None)
        if task is not None:
            task.cancel()

    async def _drain(self, version: VersionSpec, done: Callable[[], None]) -> None:
        await asyncio.sleep(LEAST_SECONDS)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._config.drain_seconds
        while (left := await self._in_flight(version)) and loop.time() < deadline:
            await asyncio.sleep(_EVERY_SECONDS)
        if left:
            log.info("version %s stops with %d requests in flight", version.id, left)
        # The runtime does not expose pending waitUntil() work, and SIGTERM would cut it off.
        await asyncio.sleep(self._config.wait_until_seconds)
        self._running.pop(version.id, None)
        done()

    async def _in_flight(self, version: VersionSpec) -> int:
        clusters = [names.cluster(version.id, name) for name in names.all_entrypoints(version)]
        events = self._events[version.id]
        try:
            return sum((await self._admin.in_flight(clusters)).values()) + events
        except EnvoyUnavailable:
            return 1 + events
