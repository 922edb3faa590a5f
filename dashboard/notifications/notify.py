"""Adds an event to the outbox; it is delivered later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from dashboard.accounts.models import User
from dashboard.notifications.events import Event
from dashboard.notifications.models import OutboxEvent
from routing.transactions.after_commit import note_failure


def notify(
    event: Event,
    *,
    now: datetime,
    worker: str = "",
    by: User | None = None,
    people: Iterable[User | None] = (),
    facts: Mapping[str, Any] | None = None,
    link: str = "",
) -> OutboxEvent:
    """One insert; call inside the transaction of the cause. `by` is not notified. `people` are
    named by the event. `facts` must not contain secrets: `reason`, `text` and `comment` are
    displayed. `link` is a path of the dashboard."""
    if not connection.in_atomic_block:
        note_failure("notify outside a transaction")
    return OutboxEvent.objects.create(
        code=event.value,
        worker=worker,
        actor=by.get_username() if by else "",
        actor_id=by.pk if by else None,
        people=sorted({person.pk for person in people if person is not None}),
        facts=dict(facts or {}),
        link=link,
        at=now,
    )
