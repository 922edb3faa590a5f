"""Deletes events after 90 days, with their inbox items and deliveries."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.notifications.models import OutboxEvent

EVENT_LIFETIME = timedelta(days=90)


def prune(now: datetime) -> int:
    """Returns how many rows were deleted."""
    return OutboxEvent.objects.filter(at__lt=now - EVENT_LIFETIME).delete()[0]
