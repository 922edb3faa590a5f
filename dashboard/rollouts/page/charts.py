"""Charts of error rate and latency of candidate and stable, rendered on the server.

Bands are valid at every look. A version without enough requests has no line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.fleet.version_roles import Role, Standing
from dashboard.observability.charts import formatting
from dashboard.observability.charts.charts import Chart, Limit, plotted
from dashboard.observability.charts.markers import Marker
from dashboard.observability.flags.failure_rate import FailureRate, percent
from dashboard.observability.queries.board import Table
from dashboard.observability.queries.series import Series, read_live
from dashboard.observability.queries.statistics import Observed
from dashboard.observability.queries.time_ranges import Window
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.page.chart_window import window_between
from dashboard.rollouts.slow_requests.budget import budget_from_json
from dashboard.statistics.proportion import Interval

QUANTILE = "p99"


@dataclass(frozen=True, slots=True)
class RolloutCharts:
    """Both charts over the same time range, and their data tables."""

    window: Window
    series: Sequence[Series]
    rates: Chart
    latency: Chart
    rate_limit: str
    tables: tuple[Table, Table]

    @property
    def empty(self) -> bool:
        """Whether neither version had a request in this time."""
        return not any(series.total.requests for series in self.series)

    @property
    def rates_say(self) -> str:
        return f"Error rate by version, {self.window.range.per}, {self.rate_limit}"

    @property
    def latency_says(self) -> str:
        return f"{QUANTILE} latency by version, {self.window.range.per}"


def charts_of(rollout: Rollout, now: datetime) -> RolloutCharts:
    """Three queries, whatever the length of the rollout."""
    window = window_between(rollout.started_at, rollout.ended_at or now)
    series = read_live(rollout.worker, window, _standings(rollout))
    markers = _boundaries(rollout, window)
    limit, budget = rollout.terms.error_limit, budget_from_json(rollout.slow_budget)
    return RolloutCharts(
        window=window,
        series=series,
        rates=plotted(
            _lines(series, lambda o: o.error_rate),
            formatting.axis_rate,
            bands={s.role: [_band(p) for p in s.trailing] for s in series},
            limits=[Limit(100 * limit, f"limit: {percent(limit)}")],
            markers=markers,
            labels=_labels(window),
            columns_say=_columns(series, window, _failed),
        ),
        latency=plotted(
            _lines(series, lambda o: o.p99),
            formatting.axis_ms,
            limits=[Limit(budget.p99_us / 1000, "slow above")] if budget.p99_us else [],
            markers=markers,
            labels=_labels(window),
            columns_say=_columns(series, window, _latency),
        ),
        rate_limit=f"limit {percent(limit)}",
        tables=(
            _table("errors", series, window, _failed),
            _table("latency", series, window, _latency),
        ),
    )


def _standings(rollout: Rollout) -> list[Standing]:
    """Both versions in their roles in this rollout."""
    return [
        Standing(rollout.candidate, Role.CANDIDATE, rollout.weight),
        Standing(rollout.stable, Role.STABLE, 100_000 - rollout.weight),
    ]


def _boundaries(rollout: Rollout, window: Window) -> list[Marker]:
    """A marker for each deployment of the rollout, labeled with its share."""
    deployed = rollout.events.filter(facts__has_key="percentage", at__gte=window.since)
    rows = deployed.exclude(code="started").values_list("at", "facts__percentage")
    return [Marker(round(window.at(at), 2), share, f"{at:%H:%M} {share}") for at, share in rows]


def _lines(
    series: Sequence[Series], value: Callable[[Observed], float | None]
) -> list[tuple[str, str, list[float | None]]]:
    return [
        (s.role, s.word, [value(p) if p and p.enough else None for p in s.trailing]) for s in series
    ]


def _band(point: Observed | None) -> Interval | None:
    """In percent; None where the line has no point."""
    if point is None or not point.enough:
        return None
    interval = FailureRate(point.failed, point.requests).interval
    return Interval(100 * interval.low, 100 * interval.high)


def _failed(point: Observed) -> str:
    return str(FailureRate(point.failed, point.requests))


def _latency(point: Observed) -> str:
    return (
        formatting.ms(point.p99) if point.enough else f"{formatting.count(point.requests)} requests"
    )


def _labels(window: Window) -> list[str]:
    """Three labels: two charts share the width of the page."""
    return window.labels()[::2]


def _columns(
    series: Sequence[Series], window: Window, says: Callable[[Observed], str]
) -> list[str]:
    """The tooltip of each bucket: "13:47 Candidate 0 failed, under 9%"."""
    columns = []
    for n, start in enumerate(window.starts):
        parts = [f"{s.name} {says(p)}" for s in reversed(series) if (p := s.points[n])]
        columns.append(f"{window.clock(start)} {'; '.join(parts) or 'no requests'}")
    return columns


def _table(
    name: str, series: Sequence[Series], window: Window, says: Callable[[Observed], str]
) -> Table:
    rows = (
        (window.clock(start), *(says(p) if p else formatting.NOTHING for p in points))
        for start, *points in zip(window.starts, *(s.points for s in series), strict=True)
        if any(points)
    )
    return Table(name, ("From, UTC", *(s.name for s in series)), tuple(rows))
