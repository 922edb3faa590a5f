"""What a queue's page shows: one request to the state process, a constant number of queries."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboard.accounts.models import User
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.messages import state_problem
from dashboard.storage.pages.context import NamespacePage, shared
from dashboard.storage.queues import queue_messages
from routing.models import QueueConsumer, StateNamespace

SHOWN = 20
LONGEST_BODY = 300


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """`body` is empty for people who may not read it; `size` in bytes."""

    id: str
    sent_at: datetime
    attempts: int
    content_type: str
    body: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage(NamespacePage):
    """`backlog` is None while the state process does not answer. `workers` send to it."""

    backlog: int | None
    backlog_bytes: int
    waiting: Sequence[WaitingMessage]
    consumer: QueueConsumer | None


def queue_page(queue: StateNamespace, user: User) -> QueuePage:
    common, problem = shared(queue, user), ""
    found: dict[str, Any] = {"messages": [], "message_backlog_count": None, "backlog_bytes": 0}
    try:
        found = queue_messages.peek(queue, limit=SHOWN)
    except (StateRefused, StateUnavailable) as error:
        problem = state_problem(error)
    consumers = QueueConsumer.objects.filter(queue=queue).select_related("worker")
    return QueuePage(
        **common,
        backlog=found["message_backlog_count"],
        backlog_bytes=found["backlog_bytes"],
        waiting=[
            _waiting(message, may_read=common["can"].allowed) for message in found["messages"]
        ],
        consumer=consumers.first(),
        problem=problem,
    )


def _waiting(message: dict[str, Any], *, may_read: bool) -> WaitingMessage:
    content = b64decode(message["body"])
    is_text = message["content_type"] in ("text", "json")
    text = content.decode(errors="replace")[:LONGEST_BODY] if may_read and is_text else ""
    return WaitingMessage(
        message["id"],
        datetime.fromtimestamp(message["timestamp_ms"] / 1000, UTC),
        message["attempts"] - 1,
        message["content_type"],
        text,
        len(content),
    )
