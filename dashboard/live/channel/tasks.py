"""Tasks of sockets: none is lost, none dies unseen."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from routing.transactions.after_commit import note_failure

log = logging.getLogger(__name__)
T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()
"""The event loop itself refers to tasks weakly (asyncio's documentation, `create_task`)."""


def start(work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Runs `work` in the background; its error is logged and counted."""
    task = asyncio.create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


async def stop(task: asyncio.Task[Any] | None) -> None:
    """Cancels `task` and waits for its end; its errors were logged already."""
    if task is None or task is asyncio.current_task():
        return
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        note_failure("socket task")
        log.warning("%s failed: %r", task.get_name(), error)
