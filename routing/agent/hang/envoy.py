"""Watches Envoy's worker threads through the public listener, its main thread through admin."""

from __future__ import annotations

import asyncio

from routing.agent.base import messages
from routing.agent.base.tasks import Tasks
from routing.agent.hang.detector import Detector
from routing.agent.hang.listener import ListenerDetector
from routing.compile import names

EVERY_SECONDS = 0.8
HANG_SECONDS = 3.0
"""Envoy runs no Worker code, so a worker thread is never busy this long."""
MAIN_HANG_SECONDS = 15.0
"""The main thread serves no requests, and a large configuration keeps it busy for seconds."""
_READY = b"GET /ready HTTP/1.1\r\nhost: admin\r\n\r\n"
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


async def until_hung(public: tuple[str, int], pid: int, tasks: Tasks, *, workers: int) -> str:
    """Returns a message once Envoy hangs. `public` is the address of its public listener."""
    host, port = public
    listener = ListenerDetector(
        (_ANY.get(host, host), port), pid, workers=workers, hang_seconds=HANG_SECONDS
    )
    main = Detector(names.ADMIN_SOCKET, _READY, pid, hang_seconds=MAIN_HANG_SECONDS)
    serving = tasks.once("watch of Envoy's workers", listener.until_hung(every=EVERY_SECONDS))
    configuring = tasks.once(
        "watch of Envoy's main thread",
        main.until_hung(every=EVERY_SECONDS, before_probe=lambda: None),
    )
    try:
        await asyncio.wait([serving, configuring], return_when=asyncio.FIRST_COMPLETED)
        return messages.hung(HANG_SECONDS if serving.done() else MAIN_HANG_SECONDS)
    finally:
        serving.cancel()
        configuring.cancel()
