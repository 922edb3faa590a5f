"""Deletes old counts by age (minutes first, days last) and old requests by number.

Exports count the requests that were deleted before they were sent (`missed_records`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from dashboard.observability.models import CallerCount, Count, Gap, Latency, Span, StepCount
from routing.models import Invocation, InvocationDetail

INVOCATIONS = 200_000
DETAILS = 100_000
AT_ONCE = 5_000
"""Rows deleted in one transaction: edges wait for it to send more."""


def retention_days(span: Span) -> int:
    """How many days rows of this span stay."""
    days: dict[Span, int] = {
        Span.MINUTE: settings.KEEP_MINUTES,
        Span.HOUR: settings.KEEP_HOURS,
        Span.DAY: settings.KEEP_DAYS,
    }
    return days[span]


def prune_counts(now: datetime) -> int:
    """Deletes expired counts; returns how many rows."""
    deleted = 0
    for span in Span:
        oldest = (now - timedelta(days=retention_days(span))).timestamp()
        for model in (Count, Latency):
            deleted += model.objects.filter(span=span, start__lt=int(oldest)).delete()[0]
    minutes = (now - timedelta(days=retention_days(Span.MINUTE))).timestamp()
    deleted += CallerCount.objects.filter(start__lt=int(minutes)).delete()[0]
    deleted += StepCount.objects.filter(start__lt=int(minutes)).delete()[0]
    oldest_gap = now - timedelta(days=settings.KEEP_DAYS)
    return deleted + Gap.objects.filter(noticed_on__lt=oldest_gap).delete()[0]


def prune_requests(now: datetime) -> int:
    """Deletes all but the newest invocations and details; returns how many rows."""
    return _prune(Invocation, INVOCATIONS) + _prune(InvocationDetail, DETAILS)


def _prune(model: type[Invocation] | type[InvocationDetail], limit: int) -> int:
    """Ids are given in order, so the range of ids tells how many rows there are at most."""
    ids, deleted = model.objects.values_list("id", flat=True), 0
    newest = ids.order_by("-id").first() or 0
    oldest = ids.order_by("id").first() or 0
    while newest - oldest >= limit:
        oldest = min(oldest + AT_ONCE, newest - limit + 1)
        deleted += model.objects.filter(id__lt=oldest).delete()[0]
    return deleted
