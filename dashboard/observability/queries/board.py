"""Everything the page of one Worker shows, from its address. The number of queries is constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from dashboard.fleet.deployment_cache import roles_of_deployments
from dashboard.fleet.version_roles import Role, Standing
from dashboard.observability.charts import formatting
from dashboard.observability.charts.charts import Chart, plotted, stacked
from dashboard.observability.charts.markers import Marker
from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.observability.models import Gap
from dashboard.observability.queries.health import WELL, Health, health
from dashboard.observability.queries.series import Series, read
from dashboard.observability.queries.statistics import QUANTILES, Observed
from dashboard.observability.queries.time_ranges import (
    RANGES,
    Range,
    Window,
    parse_range,
    window_of,
)
from dashboard.statistics.proportion import Interval
from routing.models import Deployment, Worker

BANDED = ("candidate", "staged", "stable")
"""Roles whose error rate has its limits drawn: what is compared now."""
MARKERS = 40
"""Deployments drawn at most; the newest ones."""


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers behind a chart."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The page's address: a range, versions by id, a quantile."""

    range: Range
    versions: tuple[str, ...] = ()
    quantile: str = "p99"

    def address(self, **changed: Any) -> str:
        """The URL of this page with other parameters."""
        asked = {"range": self.range.key, "v": self.versions, "q": self.quantile} | changed
        return "?" + urlencode({k: v for k, v in asked.items() if v}, doseq=True)


def parse(given: Mapping[str, str], versions: Sequence[str]) -> Asked:
    """Whatever an address says; what makes no sense is as if it were not there."""
    quantile = given.get("q", "")
    chosen = tuple(dict.fromkeys(v[:36] for v in versions[:20]))
    return Asked(
        parse_range(given.get("range", "")), chosen, quantile if quantile in QUANTILES else "p99"
    )


def board(worker: Worker, live: Sequence[Standing], asked: Asked, now: datetime) -> dict[str, Any]:
    """The charts, their tables, and one row for each version."""
    window = window_of(asked.range, now)
    series, offered = read(worker, window, live, asked.versions)
    markers = _markers(worker, window)
    chosen = {s.key for s in series}
    return {
        "window": window,
        "asked": asked,
        "address": asked.address(),
        "whole": asked.address(v=()),
        "ranges": [(r, asked.address(range=r.key), r is asked.range) for r in RANGES],
        "quantiles": [(q, asked.address(q=q), q == asked.quantile) for q in QUANTILES],
        "offered": [(s, _toggled(asked, s, chosen), str(s.version.id) in chosen) for s in offered],
        "series": list(reversed(series)),
        "requests": sum(s.total.requests for s in series),
        "wells": _wells(series),
        "gaps": gaps(window),
        "volume": _volume(series, window, markers),
        "rates": _rates(series, window, markers),
        "latency": _latency(series, window, markers, asked.quantile),
        "errors": formatting.errors(_all_errors(series)),
        "tables": [
            _table("requests", series, window, lambda o: formatting.count(o.requests)),
            _table("errors", series, window, lambda o: str(FailureRate(o.failed, o.requests))),
            _table("latency", series, window, lambda o: formatting.ms(getattr(o, asked.quantile))),
        ],
    }


def gaps(window: Window) -> list[Gap]:
    """What was never counted in this time, newest first."""
    within = Q(noticed_on__gte=window.since) & Q(began_on__lt=window.until)
    return list(Gap.objects.filter(within).order_by("-noticed_on")[:20])


def _toggled(asked: Asked, standing: Standing, chosen: set[str]) -> str:
    """The address with this version chosen, or no more."""
    key = str(standing.version.id)
    without = [v for v in (asked.versions or sorted(chosen)) if v not in (key, "others")]
    return asked.address(v=without if key in chosen else [*without, key])


def _volume(series: Sequence[Series], window: Window, markers: list[Marker]) -> Chart:
    values = [(s.role, [p.requests if p else None for p in s.points]) for s in series]
    return stacked(
        values,
        formatting.axis_count,
        markers=markers,
        labels=window.labels(),
        columns_say=_say(series, window, lambda s, n: _requests(s.points[n])),
    )


def _rates(series: Sequence[Series], window: Window, markers: list[Marker]) -> Chart:
    return plotted(
        _lines(series, lambda o: o.error_rate),
        formatting.axis_rate,
        bands={s.role: [_band(p) for p in s.trailing] for s in series if s.role in BANDED},
        markers=markers,
        labels=window.labels(),
        columns_say=_say(series, window, lambda s, n: _failed(s.points[n])),
    )


def _latency(
    series: Sequence[Series], window: Window, markers: list[Marker], quantile: str
) -> Chart:
    return plotted(
        _lines(series, lambda o: getattr(o, quantile)),
        formatting.axis_ms,
        markers=markers,
        labels=window.labels(),
        columns_say=_say(series, window, lambda s, n: _quantile(s.trailing[n], quantile)),
    )


def _say(series: Sequence[Series], window: Window, says: Callable[[Series, int], str]) -> list[str]:
    """What each bucket says where a reader points: "13:47 Candidate 34, Stable 86"."""
    found = []
    for n, start in enumerate(window.starts):
        parts = [f"{s.name} {text}" for s in reversed(series) if (text := says(s, n))]
        found.append(f"{window.clock(start)} {', '.join(parts) or 'no requests'}")
    return found


def _requests(point: Observed | None) -> str:
    return formatting.count(point.requests) if point else ""


def _failed(point: Observed | None) -> str:
    return str(FailureRate(point.failed, point.requests)) if point else ""


def _quantile(point: Observed | None, quantile: str) -> str:
    return formatting.ms(getattr(point, quantile)) if point and point.enough else ""


def _band(point: Observed | None) -> Interval | None:
    """In percent, as the line is; where the line has a point."""
    if point is None or not point.enough:
        return None
    interval = FailureRate(point.failed, point.requests).interval
    return Interval(100 * interval.low, 100 * interval.high)


def _lines(
    series: Sequence[Series], value: Callable[[Observed], float | None]
) -> list[tuple[str, str, list[float | None]]]:
    """Each point stands for 100 requests at least: fewer say nothing."""
    return [
        (s.role, s.word, [value(p) if p and p.enough else None for p in s.trailing]) for s in series
    ]


def _table(
    name: str, series: Sequence[Series], window: Window, says: Callable[[Observed], str]
) -> Table:
    rows = (
        (window.clock(start), *(says(p) if p else formatting.NOTHING for p in points))
        for start, *points in zip(window.starts, *(s.points for s in series), strict=True)
        if any(points)
    )
    return Table(name, ("From, UTC", *(s.name for s in series)), tuple(rows))


def _all_errors(series: Sequence[Series]) -> dict[str, int]:
    return {kind: sum(s.total.errors.get(kind, 0) for s in series) for kind in formatting.KINDS}


def _wells(series: Sequence[Series]) -> list[tuple[Series, Health]]:
    """Each version with its health, candidate first."""
    found = health(s.key for s in series if s.standing)
    return [(s, found.get(s.key, WELL)) for s in reversed(series)]


def _markers(worker: Worker, window: Window) -> list[Marker]:
    made = worker.deployments.filter(created_on__gte=window.since, created_on__lt=window.until)
    newest = list(made.newest_first()[:MARKERS])
    split = roles_of_deployments(newest)
    return [
        Marker(round(window.at(d.created_on), 2), label, f"{d.created_on:%H:%M} {label}")
        for d in newest
        for label in [_label(d, split[d.pk])]
    ]


def _label(deployment: Deployment, split: Sequence[Standing]) -> str:
    """A deployment in a word: its candidate's percentage."""
    if deployment.is_rollback:
        return "rolled back"
    first = split[0]
    return f"staged {first.percentage}" if first.role is Role.STAGED else first.percentage
