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
"""The lowest threshold. A trivial Worker on two busy cores had a p95 of 4 ms and a p99 of 8 ms:
such times depend on the machine, not on the code."""
QUANTILES = {"p95_us": 0.95, "p99_us": 0.99}


def budget_of(worker: str, stable_id: object, now: datetime) -> SlowBudget:
    """The thresholds at `now`, from the hours of the last day. One query.

    A quantile needs a minimum sample (`statistics.latency`): 116 requests for p95, 680 for p99.
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
