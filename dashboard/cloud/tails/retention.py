"""Deletes old events and tails that are not watched."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.cloud.models import CloudTail, CloudTailEvent

KEEP = timedelta(hours=1)
MOST_ROWS = 10_000
"""Events of each scope, which guards the disk."""
IDLE = timedelta(days=1)


def prune_tails(now: datetime) -> None:
    CloudTailEvent.objects.filter(received_at__lt=now - KEEP).delete()
    for scope in CloudTail.Scope:
        rows = CloudTailEvent.objects.filter(tail__scope=scope)
        newest = rows.order_by("-pk").values_list("pk", flat=True)
        if beyond := newest[MOST_ROWS : MOST_ROWS + 1].first():
            rows.filter(pk__lte=beyond).delete()
    CloudTail.objects.filter(watched_until__lt=now - IDLE).delete()
