"""The event of the digest: once a week, on Mondays from 08:00 UTC."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from dashboard.notifications.events import Event
from dashboard.notifications.models import DigestWeek
from dashboard.notifications.notify import notify
from dashboard.reviews.digest import messages
from dashboard.reviews.digest.findings import Finding, overlooked

HOUR = 8


def send_weekly(now: datetime) -> bool:
    """Sends the digest of this week if it is due and was not sent. A week without findings counts
    as sent."""
    year, week, day = now.isocalendar()
    if (day, now.hour) < (1, HOUR):
        return False
    name = f"{year}-W{week:02}"
    if DigestWeek.objects.filter(week=name).exists():
        return False
    try:
        with transaction.atomic():
            DigestWeek.objects.create(week=name, sent_at=now)
            return send(overlooked(now), now)
    except IntegrityError:
        return False  # another process was faster


def send(findings: list[Finding], now: datetime) -> bool:
    """Notifies of the findings, if any. Call inside a transaction."""
    if not findings:
        return False
    notify(
        Event.DIGEST,
        now=now,
        facts={"count": messages.count(findings), "text": messages.text(findings)},
        link="/workers/",
    )
    return True
