"""The agent's discovery service for an edge without an agent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from typing import Any

from routing.agent.discovery.discovery import Discovery
from routing.agent.discovery.grpc import GrpcServer
from routing.agent.discovery.resources import resource_of


class DiscoveryThread:
    """The agent's discovery service, with an event loop of its own."""

    def __init__(self, path: str) -> None:
        self._service, self._started = Discovery(), False
        self._server = GrpcServer(path, self._service.connect)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self._server.start())

    def follow(self, pid: int) -> None:
        self._loop.call_soon_threadsafe(self._service.follow, pid)
        self._started = True

    def publish(self, kind: str, values: Mapping[str, Any], revision: int) -> None:
        resources = {name: resource_of(kind, value) for name, value in values.items()}
        if self._started:
            self._do(self._service.replace(kind, resources, revision))
        else:
            self._loop.call_soon_threadsafe(self._service.put, kind, resources, revision)

    def running(self) -> bool:
        async def running() -> bool:
            return self._service.running()

        return self._do(running())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)
