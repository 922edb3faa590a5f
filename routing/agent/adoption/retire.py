"""An Envoy whose configuration or program is out of date ends behind its successor.

Both listen on the same sockets meanwhile (`handover`), so no connection is refused.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress

from routing.agent.base.child_process import Child
from routing.agent.envoy.admin_client import Admin, Away
from routing.agent.handover.drain import drain, quit_envoy
from routing.compile import names

log = logging.getLogger("edge")

_ADMIN_SOCKET = "retiring.sock"
_DRAIN_SECONDS = 10.0
_QUIT_SECONDS = 1.0


def set_aside() -> None:
    """The old Envoy's admin socket makes room for its successor's."""
    with suppress(FileNotFoundError):
        os.rename(names.ADMIN_SOCKET, _ADMIN_SOCKET)


async def retire(old: Child, until_up: Callable[[], Awaitable[object]]) -> None:
    """Once the new Envoy is up, the old one asks its callers to connect again, then takes no new
    connections, lets requests end, and ends."""
    admin = Admin(_ADMIN_SOCKET)
    await until_up()
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            await drain(admin)
    except (Away, TimeoutError) as error:
        log.warning("the replaced Envoy ends at once: %s", str(error) or "requests took too long")
    await quit_envoy(admin)
    await asyncio.wait([old.ended], timeout=_QUIT_SECONDS)
    await old.stop(2.0)
    await admin.close()
    with suppress(FileNotFoundError):
        os.unlink(_ADMIN_SOCKET)
