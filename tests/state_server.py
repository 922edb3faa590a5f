"""A real state process for fast tests: it starts in 0.3 s."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from routing.storage.server import SOCKET_FILE, StateServer


@contextmanager
def state_server(folder: Path, keys: Sequence[bytes]) -> Iterator[str]:
    """Its URL, as in SLUICE_STATE_URL."""
    stopping, loop = asyncio.Event(), asyncio.new_event_loop()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(StateServer(folder, keys).run(stopping))
    )
    thread.start()
    try:
        yield f"unix:{folder / SOCKET_FILE}"
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()
