"""The time range of a rollout's charts. Pure."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from dashboard.observability.models import Span
from dashboard.observability.queries.time_ranges import Range, Window, window_of

LEAD = timedelta(minutes=5)
"""Time before the start, which displays stable's level."""
FEWEST, MOST = 15, 60
"""Number of buckets."""
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
    bucket, span, per = next((one for one in BUCKETS if seconds <= one[0] * MOST), BUCKETS[-1])
    count = min(MOST, max(FEWEST, math.ceil(seconds / bucket)))
    return window_of(Range("rollout", "this rollout", count, bucket, span, per), until)
