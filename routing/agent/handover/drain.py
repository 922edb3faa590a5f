"""A planned end of Envoy: clients with keep-alive connections lose no request."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from routing.agent.envoy.admin_client import Admin, Away

ASK_SECONDS = 2.0
"""So long Envoy accepts connections and answers each request with `Connection: close`: a client
that sends at least this often has then closed its connection itself."""
_LOOK_SECONDS = 0.05
_COUNTED = r"^http\.(public|proof)\.downstream_{}_active$"
"""Not `internal`: callers keep their RPC connections for as long as they live."""


async def drain(admin: Admin) -> None:
    """Returns once no connection is left, or none with a request in it and all had their time to
    be closed by their clients. Raises `Away`. Envoy must run with `--drain-strategy immediate`."""
    loop = asyncio.get_running_loop()
    await admin.post("/drain_listeners?graceful&skip_exit")
    deadline = loop.time() + ASK_SECONDS
    while loop.time() < deadline and await _count(admin, "cx"):
        await asyncio.sleep(_LOOK_SECONDS)
    await admin.post("/drain_listeners")  # from now on connections are refused
    while await _count(admin, "rq"):
        await asyncio.sleep(_LOOK_SECONDS)


async def quit_envoy(admin: Admin) -> None:
    """Asks Envoy to end by itself: SIGTERM does not reach every one (`sigterm_blocked`)."""
    with suppress(Away):
        await admin.post("/quitquitquit")


async def _count(admin: Admin, what: str) -> int:
    """Connections (cx) or requests (rq)."""
    values = await admin.stats(_COUNTED.format(what))
    return sum(map(int, values.values()))
