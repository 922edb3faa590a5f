"""Requests to the outbox of the state process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from dashboard.storage.client import StateRefused, state_client
from dashboard.storage.messages import FAILED
from routing.compile.workerd.binding_types.send_email import KIND
from routing.models.namespaces import OUTBOX

State = Literal["waiting", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """`form` is `raw` or `fields`; `size` in bytes. `error` is that of the last attempt."""

    id: int
    message_id: str
    worker: str
    binding: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    form: str
    size: int
    created_at: datetime
    state: State
    attempts: int
    error: str
    ended_at: datetime | None


def take(limit: int, lease: timedelta) -> list[OutboxMessage]:
    """Due messages; one that is not settled comes again after the lease. These and the others raise
    `StateUnavailable` and `StateRefused`."""
    given = {"limit": limit, "lease_ms": lease // timedelta(milliseconds=1)}
    return _messages(_post("/take", given).json()["messages"])


def settle(
    message: OutboxMessage, state: State, error: str = "", wait: timedelta = timedelta()
) -> None:
    """`wait` until the next attempt."""
    milliseconds = wait // timedelta(milliseconds=1)
    _post("/settle", {"id": message.id, "state": state, "error": error, "wait_ms": milliseconds})


def recent(limit: int, before: int | None = None, worker: str = "") -> list[OutboxMessage]:
    """Newest first; those before the id `before`, of one Worker if it is named."""
    return _messages(
        _post("/list", {"limit": limit, "before": before, "worker": worker}).json()["messages"]
    )


def content_of(message_id: int) -> bytes | None:
    """None if it is no longer stored."""
    answer = state_client().request(KIND, OUTBOX, "POST", "/content", json={"id": message_id})
    if answer.status_code == 404:
        return None
    if answer.status_code >= 400:
        raise StateRefused(answer.status_code, FAILED)
    return bytes(answer.content)


def _post(path: str, given: Mapping[str, Any]) -> Any:
    answer = state_client().request(KIND, OUTBOX, "POST", path, json=given)
    if answer.status_code >= 400:
        raise StateRefused(answer.status_code, FAILED)
    return answer


def _messages(rows: Sequence[Mapping[str, Any]]) -> list[OutboxMessage]:
    return [
        OutboxMessage(
            id=row["id"],
            message_id=row["message_id"],
            worker=row["worker"],
            binding=row["binding"],
            sender=row["sender"],
            recipients=tuple(row["recipients"]),
            subject=row["subject"],
            form=row["form"],
            size=row["size"],
            created_at=_moment(row["created_ms"]),
            state=row["state"],
            attempts=row["attempts"],
            error=row["error"],
            ended_at=_moment(row["ended_ms"]) if row["ended_ms"] else None,
        )
        for row in rows
    ]


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
