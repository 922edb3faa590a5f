"""Deletes old counts by age (minutes first, days last) and old requests by age and number.

Exports count the requests that were deleted before they were sent (`missed_records`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from dashboard.observability.ingest import partitions
from dashboard.observability.models import CallerCount, Count, Gap, Latency, Span, StepCount
from routing.models import Invocation, InvocationDetail

DETAILS_SHARE = 2
"""Of the greatest number of requests, a half is that of details: each is larger."""
AT_ONCE = 2_000
"""Rows deleted in one transaction: edges wait for it to send more. On SQLite 5,000 took 0.4 s."""
CHUNKS = 50
"""Of one model at a time, so that the other tasks have their turn."""

Prunable = type[Invocation] | type[InvocationDetail]


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
    """Deletes expired requests and their console lines, and the oldest ones beyond the greatest
    number; returns how many rows were deleted one by one. Days that have passed as a whole are
    dropped at once on PostgreSQL."""
    oldest = now - timedelta(hours=settings.KEEP_REQUESTS_HOURS)
    deleted = 0
    for model, share in ((Invocation, 1), (InvocationDetail, DETAILS_SHARE)):
        table = model._meta.db_table
        partitions.make_ahead(table, now)
        partitions.drop_before(table, oldest)
        deleted += _prune_old(model, oldest)
        deleted += _prune_many(model, settings.KEEP_REQUESTS_ROWS // share, now)
    return deleted


def _prune_old(model: Prunable, oldest: datetime) -> int:
    """In the order of an index, a chunk at a time: edges wait for each to send more."""
    expired = model.objects.filter(started_on__lt=oldest)
    times = expired.order_by("started_on").values_list("started_on", flat=True)
    deleted = 0
    for _ in range(CHUNKS):
        last = times[AT_ONCE - 1 : AT_ONCE].first()
        if last is None:
            return deleted + expired.delete()[0]
        deleted += model.objects.filter(started_on__lte=last).delete()[0]
    return deleted


def _prune_many(model: Prunable, limit: int, now: datetime) -> int:
    """Ids are given in order, so the range of ids tells how many rows there are at most."""
    ids, deleted = model.objects.values_list("id", flat=True), 0
    newest = ids.order_by("-id").first() or 0
    for partition in partitions.partitions(model._meta.db_table):
        after = ids.filter(started_on__gte=partition.end).order_by("id").first()
        if partition.end > now or after is None or newest - after < limit:
            break
        partitions.drop(partition)
    oldest = ids.order_by("id").first() or 0
    for _ in range(CHUNKS):
        if newest - oldest < limit:
            break
        oldest = min(oldest + AT_ONCE, newest - limit + 1)
        deleted += model.objects.filter(id__lt=oldest).delete()[0]
    return deleted
