"""The first call of a version that does not run, on the sockets that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


async def until_called(fds: Iterable[int], wake: asyncio.Event) -> None:
    """Returns once a connection waits in one of the listening sockets, or `wake` is set. The
    connection stays there."""
    loop = asyncio.get_running_loop()
    listed = tuple(fds)
    for fd in listed:
        loop.add_reader(fd, wake.set)
    try:
        await wake.wait()
    finally:
        for fd in listed:
            loop.remove_reader(fd)
