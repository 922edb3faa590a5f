"""All Workers' last hour in two charts. Whole minutes hardly change, so each is read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet, Sum

from dashboard.observability.charts import formatting
from dashboard.observability.charts.charts import Chart, plotted, stacked
from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.observability.models import Count, Latency, Span
from dashboard.observability.queries.statistics import ENOUGH, FAILURES
from dashboard.statistics.proportion import Interval

MINUTES = 60
_REACH = 15


@dataclass(frozen=True, slots=True)
class Fleet:
    """`volume` are requests a minute, `rates` the share that failed in percent."""

    volume: Chart
    rates: Chart
    failures: FailureRate


def fleet(now: datetime) -> Fleet:
    """The sixty whole minutes before `now`; two queries, once a minute."""
    return _fleet(int(now.timestamp()) // Span.MINUTE)


@lru_cache(maxsize=2)
def _fleet(minute: int) -> Fleet:
    first = (minute - MINUTES) * Span.MINUTE
    within: dict[str, Any] = {"span": Span.MINUTE, "start__gte": first}
    within |= {"start__lt": minute * Span.MINUTE}
    failed = _by_minute(Count.objects.of_deployments().filter(error__in=FAILURES, **within), first)
    requests = _by_minute(Latency.objects.of_deployments().filter(**within), first)
    minutes = [FailureRate(min(bad, n), n) for n, bad in zip(requests, failed, strict=True)]
    clocks = [f"{datetime.fromtimestamp(first + 60 * n, UTC):%H:%M}" for n in range(MINUTES + 1)]
    return Fleet(
        _volume(minutes, clocks),
        _rates(minutes, clocks),
        FailureRate(sum(m.failed for m in minutes), sum(requests)),
    )


def _volume(minutes: list[FailureRate], clocks: list[str]) -> Chart:
    return stacked(
        [("all", [m.requests or None for m in minutes])],
        formatting.axis_count,
        labels=clocks[:: MINUTES // 4],
        columns_say=[
            f"{at} {m.requests:,} requests" for at, m in zip(clocks, minutes, strict=False)
        ],
    )


def _rates(minutes: list[FailureRate], clocks: list[str]) -> Chart:
    points = [_trailing(minutes, n) for n in range(MINUTES)]
    return plotted(
        [("all", "Failed", [100 * p.failed / p.requests if p else None for p in points])],
        formatting.axis_rate,
        bands={"all": [_band(p) for p in points]},
        labels=clocks[:: MINUTES // 4],
        columns_say=[f"{at} {m}" for at, m in zip(clocks, minutes, strict=False)],
    )


def _by_minute(rows: QuerySet[Any], first: int) -> list[int]:
    found = [0] * MINUTES
    for start, n in rows.values_list("start").annotate(n=Sum("requests")).order_by():
        found[(start - first) // Span.MINUTE] = n
    return found


def _trailing(minutes: list[FailureRate], last: int) -> FailureRate | None:
    """The minute `last` with as many before it as it takes to have enough requests."""
    found = FailureRate(0, 0)
    for m in reversed(minutes[max(0, last - _REACH + 1) : last + 1]):
        found = FailureRate(found.failed + m.failed, found.requests + m.requests)
        if found.requests >= ENOUGH:
            return found
    return None


def _band(point: FailureRate | None) -> Interval | None:
    if point is None:
        return None
    return Interval(100 * point.interval.low, 100 * point.interval.high)
