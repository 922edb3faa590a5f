"""The agents' end of events: take one, store its answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from dashboard.events.outcomes import Outcome
from dashboard.ui.http.storable_text import storable
from routing.event_delivery import (
    MOST_BYTES,
    NOTHING_RAN,
    EventAnswer,
    EventDelivery,
    EventKind,
)
from routing.models import WorkerEvent
from routing.secret_encryption import DecryptionFailed, decrypt

TAKEN_AT_ONCE = 32
LARGEST_ANSWER = 2 * MOST_BYTES
_DETAIL = 2000


class AnswerInvalid(ValueError):
    """The answer cannot be read."""


class _Result(msgspec.Struct, rename="camel"):
    no_retry: bool = False


def take(edge_id: int, socket: str, now: datetime) -> list[EventDelivery]:
    """Events for this edge that no socket has taken yet. One query if there are none."""
    waiting = WorkerEvent.objects.filter(edge_id=edge_id, taken_at=None, ended_at=None)
    due = waiting.filter(expires_at__gt=now).exclude(assigned_at=None)
    ids = list(due.values_list("pk", flat=True)[:TAKEN_AT_ONCE])
    if not ids:
        return []
    # Each row goes to one socket: of two agents with one token, only one delivers it.
    waiting.filter(pk__in=ids).update(taken_at=now, socket=socket)
    rows = WorkerEvent.objects.filter(pk__in=ids, socket=socket, taken_at=now)
    return [
        delivery
        for row in rows.select_related("worker")
        if (delivery := _delivery(row, now)) is not None
    ]


def batch_of(row: WorkerEvent) -> str:
    """The JSON of a queue's batch, which is encrypted at rest. Raises `DecryptionFailed`."""
    return decrypt(row.payload).reveal()


def answer(edge_id: int, event_id: UUID, body: bytes, now: datetime) -> bool:
    """Stores an answer of this edge. False if it is no longer needed. Raises `AnswerInvalid`."""
    if len(body) > LARGEST_ANSWER:
        raise AnswerInvalid(f"larger than {LARGEST_ANSWER} bytes")
    try:
        answered = msgspec.json.decode(body, type=EventAnswer)
        result = msgspec.json.decode(answered.result, type=_Result) if answered.result else None
    except ValueError as error:
        raise AnswerInvalid(str(error)) from error
    rows = WorkerEvent.objects.filter(pk=event_id, edge_id=edge_id, ended_at=None)
    rows = rows.exclude(taken_at=None)
    if answered.failure in NOTHING_RAN and _put_back(rows, answered, now):
        return True
    return bool(
        rows.update(
            ended_at=now,
            outcome=storable(answered.outcome or answered.failure)[:32],
            detail=storable(answered.detail)[:_DETAIL],
            no_retry=result is not None and result.no_retry,
            result=storable(answered.result.decode("utf-8", "replace")),
            wall_ms=min(max(answered.wall_ms, 0), 2**31 - 1) if answered.outcome else None,
        )
    )


def lose(socket: str, now: datetime) -> None:
    """The socket closed: its events may remain without an answer."""
    rows = WorkerEvent.objects.filter(socket=socket, ended_at=None, lost_at=None)
    rows.update(lost_at=now)


def _put_back(rows: QuerySet[WorkerEvent], answered: EventAnswer, now: datetime) -> bool:
    """`upkeep` gives it to another edge. False once it has expired."""
    waiting = {"taken_at": None, "socket": "", "lost_at": None, "assigned_at": None}
    detail = storable(f"{answered.failure} {answered.detail}".strip())[:_DETAIL]
    return bool(rows.filter(expires_at__gt=now).update(detail=detail, **waiting))


def _delivery(row: WorkerEvent, now: datetime) -> EventDelivery | None:
    """None for a batch that the secret key of this process does not decrypt: it ends."""
    try:
        payload = batch_of(row) if row.kind == EventKind.queue else row.payload
    except DecryptionFailed:
        detail = "The batch cannot be decrypted."
        ended = {"ended_at": now, "outcome": str(Outcome.not_delivered), "detail": detail}
        WorkerEvent.objects.filter(pk=row.pk).update(**ended)
        return None
    return EventDelivery(
        id=str(row.pk),
        worker=row.worker.name,
        version_id=str(row.version_id),
        kind=EventKind(row.kind),
        payload=payload.encode(),
    )
