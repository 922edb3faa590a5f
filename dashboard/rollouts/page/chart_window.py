"""The time that a rollout's charts cover: from just before it began to now or its end. Pure."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from dashboard.observability.models import Span
from dashboard.observability.queries.time_ranges import Range, Window, window_of

LEAD = timedelta(minutes=5)
"""Before the start, for stable's level."""
FEWEST, MOST = 15, 60
"""Buckets: fewer are no line, more are too narrow to point at."""
BUCKETS = (
    (60, Span.MINUTE, "per minute"),
    (300, Span.MINUTE, "per 5 min"),
    (1800, Span.MINUTE, "per 30 min"),
    (7200, Span.HOUR, "per 2 h"),
    (43_200, Span.HOUR, "per 12 h"),
    (86_400, Span.DAY, "per day"),
)


def window_between(began: datetime, until: datetime) -> Window:
    """The finest buckets of which `MOST` reach from `LEAD` before `began` to `until`."""
    seconds = (max(until, began) - began + LEAD).total_seconds()
    bucket, span, per = next(
        (found for found in BUCKETS if seconds <= found[0] * MOST), BUCKETS[-1]
    )
    count = min(MOST, max(FEWEST, math.ceil(seconds / bucket)))
    return window_of(Range("rollout", "this rollout", count, bucket, span, per), until)
