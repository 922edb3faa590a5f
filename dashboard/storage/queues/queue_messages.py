"""Messages of a queue, in the state process. All raise `StateRefused` and `StateUnavailable`."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.storage.queues.queues import post
from routing.models import StateNamespace


@dataclass(frozen=True, slots=True)
class Message:
    """`body` is what the consumer gets: text, or any JSON. `delay` in seconds; None for the
    queue's own."""

    body: Any
    is_text: bool = False
    delay: int | None = None

    def encoded(self) -> bytes:
        return (self.body if self.is_text else json.dumps(self.body)).encode()


def send(queue: StateNamespace, batch: Sequence[Message]) -> None:
    """All or none."""
    items = [
        {
            "body": b64encode(each.encoded()).decode(),
            "contentType": "text" if each.is_text else "json",
            **({} if each.delay is None else {"delaySecs": each.delay}),
        }
        for each in batch
    ]
    send_raw(queue.key, items)


def pull(queue: StateNamespace, *, batch_size: int, visibility_timeout_ms: int) -> dict[str, Any]:
    """Leases messages: `messages` and `message_backlog_count`."""
    given = {"batch_size": batch_size, "visibility_timeout_ms": visibility_timeout_ms}
    return _post(queue, "/pull", given)


def ready(queue: StateNamespace) -> dict[str, Any]:
    """Messages that may be delivered now: `count`, and since when the oldest one may
    (`oldest_ms`)."""
    return _post(queue, "/ready", {})


def acknowledge(
    queue: StateNamespace,
    *,
    acks: Sequence[str],
    retries: Sequence[dict[str, Any]],
    releases: Sequence[str] = (),
) -> dict[str, Any]:
    """`ackCount` and `retryCount`; leases that ended are not counted. `releases` are leases whose
    messages were not delivered."""
    given = {"acks": list(acks), "retries": list(retries), "releases": list(releases)}
    return _post(queue, "/ack", given)


def send_raw(queue_name: str, items: Sequence[dict[str, Any]]) -> None:
    """Messages as they were pulled, to the queue of that name: `body` in base64, `contentType`."""
    post(queue_name, "/batch", {"messages": list(items)})


def peek(queue: StateNamespace, *, limit: int) -> dict[str, Any]:
    """The next messages, without a lease; and how many wait in all."""
    return _post(queue, "/peek", {"limit": limit})


def purge(queue: StateNamespace) -> None:
    """Deletes every message."""
    post(queue.key, "/purge", {})


def _post(queue: StateNamespace, path: str, given: Any) -> dict[str, Any]:
    body: dict[str, Any] = post(queue.key, path, given).json()
    return body
