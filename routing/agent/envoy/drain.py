"""A planned end of Envoy in which clients with keep-alive connections lose no request."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from routing.agent.envoy.admin_client import Admin, EnvoyUnavailable

log = logging.getLogger("edge")

ASK_SECONDS = 2.0
"""For this long Envoy accepts connections and adds `Connection: close` to each response, so that
clients that send at least this often close their connections."""
_LOOK_SECONDS = 0.05
_QUIT_SECONDS = 1.0
_COUNTED = r"^http\.(public|proof)\.downstream_{}_active$"
"""Without `internal`: RPC connections stay open as long as their callers."""


async def drain(admin: Admin) -> None:
    """Returns once no connection is left, or none has a request and all had time to be closed by
    their clients. Raises `EnvoyUnavailable`. Needs `--drain-strategy immediate`."""
    loop = asyncio.get_running_loop()
    await admin.post("/drain_listeners?graceful&skip_exit")
    deadline = loop.time() + ASK_SECONDS
    while loop.time() < deadline and await _count(admin, "cx"):
        await asyncio.sleep(_LOOK_SECONDS)
    await admin.post("/drain_listeners")  # refuses new connections
    while await _count(admin, "rq"):
        await asyncio.sleep(_LOOK_SECONDS)


async def drain_and_quit(admin: Admin, ended: asyncio.Future[Any], *, seconds: float) -> None:
    """Drains for at most `seconds`, then asks Envoy to end, so that it flushes its log."""
    try:
        async with asyncio.timeout(seconds):
            await drain(admin)
    except (EnvoyUnavailable, TimeoutError) as error:
        log.warning("requests were cut off: %s", str(error) or "time limit reached")
    await quit_envoy(admin)
    # SIGTERM would kill it before it has flushed its log.
    await asyncio.wait([ended], timeout=_QUIT_SECONDS)


async def quit_envoy(admin: Admin) -> None:
    """Through the admin socket, because some Envoys block SIGTERM (`sigterm_blocked`)."""
    with suppress(EnvoyUnavailable):
        await admin.post("/quitquitquit")


async def _count(admin: Admin, what: str) -> int:
    """Connections (cx) or requests (rq)."""
    values = await admin.stats(_COUNTED.format(what))
    return sum(map(int, values.values()))
