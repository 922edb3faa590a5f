"""`GET /healthz` and `GET /readyz`, for balancers and probes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiohttp import web

from routing.version import VERSION


def add_probes(app: web.Application, not_ready: Callable[[], Sequence[str]]) -> None:
    """`not_ready` returns the reasons why no requests should come."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "version": VERSION})

    async def readyz(_: web.Request) -> web.Response:
        if reasons := list(not_ready()):
            return web.json_response({"status": "not ready", "reasons": reasons}, status=503)
        return web.json_response({"status": "ready", "version": VERSION})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
