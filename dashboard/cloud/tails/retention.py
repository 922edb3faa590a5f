"""Deletes old events and tails that nobody watches."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.cloud.models import CloudTail, CloudTailEvent

KEEP = timedelta(hours=1)
MOST_ROWS = 20_000
"""Events in all, which guards the disk."""
IDLE = timedelta(days=1)


def prune_tails(now: datetime) -> None:
    CloudTailEvent.objects.filter(received_at__lt=now - KEEP).delete()
    newest = CloudTailEvent.objects.order_by("-pk").values_list("pk", flat=True)
    if beyond := newest[MOST_ROWS : MOST_ROWS + 1].first():
        CloudTailEvent.objects.filter(pk__lte=beyond).delete()
    CloudTail.objects.filter(watched_until__lt=now - IDLE).delete()
