"""The one way to the channel layer: messages to the sockets of all web processes.

A message is a hint to look again, so a layer that is away loses it and nothing else: sockets look
at the database by themselves. Nothing here raises.
"""

from __future__ import annotations

import asyncio
import logging
import time
from threading import Lock
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from routing.transactions.after_commit import note_failure

log = logging.getLogger(__name__)

SEND_WITHIN = 1.0
"""Seconds that one message may take; the caller is answering a request."""
PAUSE = 5.0
"""Seconds without a try after a layer did not answer in time: callers must not wait in turn."""
LOG_EVERY = 10.0

_lock = Lock()
_retry_at = 0.0
_log_at = 0.0


def broadcast(group: str, message: dict[str, Any]) -> bool:
    """Sends `message` to the members of `group`; False when it was lost.

    For code in threads, as views are; a socket never broadcasts from its event loop.
    """
    layer = get_channel_layer()
    if layer is None:
        return False
    if time.monotonic() < _retry_at:
        note_failure("broadcast")
        return False
    try:
        async_to_sync(_send)(layer, group, message)
    except Exception as error:  # noqa: BLE001 - whatever the layer is made of
        _note(error)
        return False
    return True


async def _send(layer: Any, group: str, message: dict[str, Any]) -> None:
    async with asyncio.timeout(SEND_WITHIN):
        await layer.group_send(group, message)


def _note(error: Exception) -> None:
    global _retry_at, _log_at
    note_failure("broadcast")
    now = time.monotonic()
    with _lock:
        if isinstance(error, TimeoutError):
            _retry_at = now + PAUSE
        if now < _log_at:
            return
        _log_at = now + LOG_EVERY
    log.warning("the channel layer took no message: %r", error)
