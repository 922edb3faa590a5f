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
class ChartChoices:
    """The page's address: a range, versions by id, a quantile."""

    range: Range
    versions: tuple[str, ...] = ()
    quantile: str = "p99"

    def address(self, **changed: Any) -> str:
        """The URL of this page with other parameters."""
        query = {"range": self.range.key, "v": self.versions, "q": self.quantile} | changed
        return "?" + urlencode({k: v for k, v in query.items() if v}, doseq=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """A link to the page with another range or quantile."""

    words: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class VersionChoice:
    """A link that adds a version to the charts, or removes it."""

    standing: Standing
    url: str
    current: bool

    @property
    def words(self) -> str:
        """Candidate, Rolled back #3."""
        number = "" if self.standing.weight is not None else f" #{self.standing.version.number}"
        return f"{self.standing.word}{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The charts, the tables behind them, and one row for each version."""

    window: Window
    chosen: ChartChoices
    address: str
    #: The address with all versions.
    whole: str
    ranges: Sequence[Choice]
    quantiles: Sequence[Choice]
    offered: Sequence[VersionChoice]
    #: As lists show versions: candidate first.
    series: Sequence[Series]
    requests: int
    wells: Sequence[tuple[Series, Health]]
    gaps: Sequence[Gap]
    volume: Chart
    rates: Chart
    latency: Chart
    errors: str
    tables: Sequence[Table]


def parse(given: Mapping[str, str], versions: Sequence[str]) -> ChartChoices:
    """Ignores parameters with values that make no sense."""
    quantile = given.get("q", "")
    chosen = tuple(dict.fromkeys(v[:36] for v in versions[:20]))
    return ChartChoices(
        parse_range(given.get("range", "")), chosen, quantile if quantile in QUANTILES else "p99"
    )


def board(worker: Worker, live: Sequence[Standing], chosen: ChartChoices, now: datetime) -> Board:
    """A constant number of queries."""
    window = window_of(chosen.range, now)
    series, offered = read(worker, window, live, chosen.versions)
    markers = _markers(worker, window)
    return Board(
        window=window,
        chosen=chosen,
        address=chosen.address(),
        whole=chosen.address(v=()),
        ranges=[Choice(r.words, chosen.address(range=r.key), r is chosen.range) for r in RANGES],
        quantiles=[Choice(q, chosen.address(q=q), q == chosen.quantile) for q in QUANTILES],
        offered=_version_choices(chosen, offered, {s.key for s in series}),
        series=list(reversed(series)),
        requests=sum(s.total.requests for s in series),
        wells=_wells(series),
        gaps=gaps(window),
        volume=_volume(series, window, markers),
        rates=_rates(series, window, markers),
        latency=_latency(series, window, markers, chosen.quantile),
        errors=formatting.errors(_all_errors(series)),
        tables=_tables(series, window, chosen.quantile),
    )


def gaps(window: Window) -> list[Gap]:
    """What was never counted in this time, newest first."""
    within = Q(noticed_on__gte=window.since) & Q(began_on__lt=window.until)
    return list(Gap.objects.filter(within).order_by("-noticed_on")[:20])


def _version_choices(
    chosen: ChartChoices, offered: Sequence[Standing], shown: set[str]
) -> list[VersionChoice]:
    return [
        VersionChoice(s, _toggled(chosen, s, shown), str(s.version.id) in shown) for s in offered
    ]


def _toggled(chosen: ChartChoices, standing: Standing, shown: set[str]) -> str:
    """The address with this version added, or removed."""
    key = str(standing.version.id)
    without = [v for v in (chosen.versions or sorted(shown)) if v not in (key, "others")]
    return chosen.address(v=without if key in shown else [*without, key])


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
    texts = []
    for n, start in enumerate(window.starts):
        parts = [f"{s.name} {text}" for s in reversed(series) if (text := says(s, n))]
        texts.append(f"{window.clock(start)} {', '.join(parts) or 'no requests'}")
    return texts


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


def _tables(series: Sequence[Series], window: Window, quantile: str) -> list[Table]:
    return [
        _table("requests", series, window, lambda o: formatting.count(o.requests)),
        _table("errors", series, window, lambda o: str(FailureRate(o.failed, o.requests))),
        _table("latency", series, window, lambda o: formatting.ms(getattr(o, quantile))),
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
    by_key = health(s.key for s in series if s.standing)
    return [(s, by_key.get(s.key, WELL)) for s in reversed(series)]


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
