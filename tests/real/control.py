"""A small control plane for an agent under test: the protocol, and ways to misbehave."""

from __future__ import annotations

import asyncio
import gzip
import threading
import uuid
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from aiohttp import WSCloseCode, web

from routing.rules.split import VersionWeight
from routing.snapshot import DeploymentSpec, Snapshot, VersionSpec, WorkerSpec, to_json
from tests.real.uploads import Upload
from tests.running import free_port

TOKEN = "sle_a-token-for-tests"


@dataclass
class ControlPlane:
    """Runs in a thread of its own; `stop` and `start` keep the port and what it knows."""

    port: int = field(default_factory=free_port)
    snapshot: Snapshot = field(default_factory=lambda: Snapshot(revision=1))
    contents: dict[str, bytes] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)
    batches: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    #: Batches to take and then answer 500, so that they come again.
    broken_batches: int = 0
    #: Seconds before a snapshot is answered.
    delay: float = 0.0

    def __post_init__(self) -> None:
        self.history: dict[int, Snapshot] = {}
        self.live: set[web.WebSocketResponse] = set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for batch in self.batches for row in batch["rows"]]

    # --- life ---------------------------------------------------------------------------------

    def start(self) -> ControlPlane:
        ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self.thread.start()
        assert ready.wait(10)
        return self

    def stop(self) -> None:
        """As good as killed: connections are cut."""
        if self.loop is not None and self.thread is not None:
            self.loop.call_soon_threadsafe(self.ending.set)
            self.thread.join(10)
            self.loop = None

    async def _serve(self, ready: threading.Event) -> None:
        self.loop, self.ending = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/edge/v1/snapshot", self._snapshot)
        app.router.add_get("/edge/v1/modules/{sha256}", self._module)
        app.router.add_get("/edge/v1/live", self._live)
        app.router.add_post("/edge/v1/reports", self._report)
        app.router.add_post("/edge/v1/invocations", self._invocations)
        app.router.add_post("/edge/v1/details", self._details)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True).start()
        ready.set()
        await self.ending.wait()
        for socket in set(self.live):
            await socket.close(code=WSCloseCode.GOING_AWAY)
        await runner.cleanup()

    # --- what tests change --------------------------------------------------------------------

    def deploy(self, worker: str, *split: tuple[Upload, int], **fields: Any) -> int:
        """A new deployment, newest version first; weights in units of 0.001%."""
        for found, _ in split:
            self.contents |= found.contents
        return self.deploy_versions(worker, *((f.version, w) for f, w in split), **fields)

    def deploy_versions(self, worker: str, *split: tuple[VersionSpec, int], **fields: Any) -> int:
        shares = tuple(VersionWeight(version.id, weight) for version, weight in split)
        made = WorkerSpec(
            name=worker,
            deployment=DeploymentSpec(id=str(uuid.uuid4()), shares=shares),
            versions=tuple(version for version, _ in split),
            **{"hostnames": (f"{worker}.localhost",), **fields},
        )
        return self.publish(*(w for w in self.snapshot.workers if w.name != worker), made)

    def remove(self, worker: str) -> int:
        return self.publish(*(w for w in self.snapshot.workers if w.name != worker))

    def publish(self, *workers: WorkerSpec) -> int:
        """The next revision, announced to every connected agent."""
        self.history[self.snapshot.revision] = self.snapshot
        ordered = tuple(sorted(workers, key=lambda worker: worker.name))
        self.snapshot = replace(self.snapshot, revision=self.snapshot.revision + 1, workers=ordered)
        self._run(self._tell())
        return self.snapshot.revision

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        if self.loop is None:
            work.close()
        else:
            asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    # --- the protocol -------------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "no such token"}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _snapshot(self, request: web.Request) -> web.Response:
        if self.delay:
            await asyncio.sleep(self.delay)
        since = int(request.query["since"])
        if since == self.snapshot.revision:
            return web.Response(status=204)
        return web.Response(body=to_json(self._change(self.history.get(since))))

    def _change(self, held: Snapshot | None) -> Snapshot:
        if held is None or held.revision > self.snapshot.revision:
            return self.snapshot
        before = {worker.name: worker for worker in held.workers}
        names = {worker.name for worker in self.snapshot.workers}
        changed = [w for w in self.snapshot.workers if before.get(w.name) != w]
        removed = tuple(sorted(set(before) - names))
        return replace(self.snapshot, workers=tuple(changed), base=held.revision, removed=removed)

    async def _module(self, request: web.Request) -> web.Response:
        content = self.contents.get(request.match_info["sha256"])
        if content is None:
            return web.json_response({"error": "No module has this hash."}, status=404)
        return web.Response(body=content)

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.live.add(socket)
        await socket.send_json({"revision": self.snapshot.revision})
        try:
            async for _ in socket:
                pass
        finally:
            self.live.discard(socket)
        return socket

    async def _tell(self) -> None:
        for socket in set(self.live):
            with suppress(ConnectionError):  # an agent that was killed just now
                await socket.send_json({"revision": self.snapshot.revision})

    async def _report(self, request: web.Request) -> web.Response:
        self.reports.append(await request.json())
        return web.Response(status=204)

    async def _details(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _invocations(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        if self.broken_batches:
            self.broken_batches -= 1
            return web.json_response({"error": "on purpose"}, status=500)
        self.batches.append(msgspec.json.decode(body))
        return web.Response(status=204)
