"""Sends of one person per minute, counted in the database for all processes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.playground.models import Allowance

WINDOW = timedelta(minutes=1)


def consume_quota(person: User, count: int = 1, now: datetime | None = None) -> float:
    """Uses `count` sends. Returns 0.0, or the seconds to wait where the quota does not allow them.

    One request for more than the whole quota is allowed to a person who sent nothing this minute.
    """
    now = now or timezone.now()
    with transaction.atomic():
        rows = Allowance.objects.select_for_update()
        row, _ = rows.get_or_create(person=person, defaults={"since": now})
        if now - row.since >= WINDOW:
            row.since, row.used = now, 0
        if row.used and row.used + count > settings.PLAYGROUND_PER_MINUTE:
            return max(0.1, (row.since + WINDOW - now).total_seconds())
        row.used += count
        row.save()
    return 0.0
