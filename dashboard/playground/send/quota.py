"""How much one person may send in a minute, counted in the database: every process sees it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.playground.models import Allowance

WINDOW = timedelta(minutes=1)


def take(person: User, count: int = 1, now: datetime | None = None) -> float:
    """Takes `count` sends; 0.0 when they are granted, else the seconds until they would be.

    More than a minute's worth at once is granted to somebody who has sent nothing in this minute.
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
