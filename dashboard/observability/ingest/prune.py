"""Rollups do not stay for ever: minutes go first, days last."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from dashboard.observability.models import CallerCount, Count, Gap, Latency, Span, StepCount


def kept_days(span: Span) -> int:
    """How many days rows of this span are kept."""
    days: dict[Span, int] = {
        Span.MINUTE: settings.KEEP_MINUTES,
        Span.HOUR: settings.KEEP_HOURS,
        Span.DAY: settings.KEEP_DAYS,
    }
    return days[span]


def prune(now: datetime) -> int:
    """Deletes what is older than it is kept; how many rows that were."""
    gone = 0
    for span in Span:
        oldest = (now - timedelta(days=kept_days(span))).timestamp()
        for model in (Count, Latency):
            gone += model.objects.filter(span=span, start__lt=int(oldest)).delete()[0]
    minutes = (now - timedelta(days=kept_days(Span.MINUTE))).timestamp()
    gone += CallerCount.objects.filter(start__lt=int(minutes)).delete()[0]
    gone += StepCount.objects.filter(start__lt=int(minutes)).delete()[0]
    oldest_gap = now - timedelta(days=settings.KEEP_DAYS)
    return gone + Gap.objects.filter(noticed_on__lt=oldest_gap).delete()[0]
