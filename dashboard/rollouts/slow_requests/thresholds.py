"""Stable's p95 and p99 of the last day, as the thresholds of a rollout that starts."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastdigest import TDigest

from dashboard.observability.models import Latency, Span
from dashboard.observability.queries.traffic import together
from dashboard.rollouts.slow_requests.budget import NO_BUDGET, SlowBudget
from dashboard.statistics.latency import smallest_sample

BASIS = timedelta(hours=24)
LEAST_US = 20_000
"""No threshold is lower. Of a Worker that only answers, on two busy cores, p95 was 4 ms and p99 8:
so short a time is the machine's, not the code's, and nobody notices it."""
QUANTILES = {"p95_us": 0.95, "p99_us": 0.99}


def budget_of(worker: str, stable_id: object, now: datetime) -> SlowBudget:
    """The thresholds as of `now`, by the hours that the last day touches. One query.

    A quantile has one only from so many requests on that it has an upper limit at all
    (`statistics.latency`): 116 for p95, 680 for p99.
    """
    since = int((now - BASIS).timestamp()) // Span.HOUR * Span.HOUR
    rows = Latency.objects.of_deployments().filter(
        worker=worker, version_id=str(stable_id), span=Span.HOUR, start__gte=since
    )
    hours = list(rows.values_list("requests", "sketch"))
    requests = sum(n for n, _ in hours)
    if not requests:
        return NO_BUDGET
    digest = together([TDigest.from_bytes(bytes(sketch)) for _, sketch in hours])
    thresholds = {
        name: max(LEAST_US, round(digest.quantile(share)))
        for name, share in QUANTILES.items()
        if requests >= smallest_sample(share)
    }
    return SlowBudget(requests=requests, **thresholds)
