"""Rollups grouped by dimensions: the rows of Cloudflare's dataset `workersInvocationsAdaptive`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet, Sum
from fastdigest import TDigest

from dashboard.observability.models import Count, Latency, Span
from dashboard.observability.queries.traffic import rollup_of, span_of, together

STATUS = {"exception": "scriptThrewException", "runtime": "internalError"}
"""Cloudflare's word for an error of the runtime. Every other response is `success`, 5xx too."""
SUCCESS = "success"
STEPS = {
    "datetimeMinute": 60,
    "datetimeFiveMinutes": 300,
    "datetimeFifteenMinutes": 900,
    "datetimeHour": Span.HOUR,
}
"""Seconds of each dimension of time."""
DIMENSIONS = ("scriptName", "scriptVersion", "status", "date", "datetime", *STEPS)
QUANTILES = {
    "P25": 0.25,
    "P50": 0.5,
    "P75": 0.75,
    "P90": 0.9,
    "P95": 0.95,
    "P99": 0.99,
    "P999": 0.999,
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which requests count. None means all."""

    since: datetime
    until: datetime
    workers: frozenset[str] | None = None
    versions: frozenset[str] | None = None
    statuses: frozenset[str] | None = None


@dataclass(slots=True)
class Group:
    """Requests with the same `dimensions`."""

    dimensions: Mapping[str, str]
    requests: int = 0
    errors: int = 0
    digests: list[TDigest] = field(default_factory=list)

    def wall_time(self, quantile: float) -> float | None:
        """Microseconds; None if latencies are not recorded by these dimensions."""
        return together(self.digests).quantile(quantile) if self.digests else None


Key = tuple[str, ...]
Describe = Callable[[str, str, int, str], Mapping[str, str]]


def invocation_groups(
    selection: Selection, dimensions: Iterable[str], now: datetime, *, with_latency: bool
) -> list[Group]:
    """Groups in no order; two queries, one without latencies.

    Latencies are not recorded by status, so quantiles are missing where that is a condition.
    """
    describe = _describer(frozenset(dimensions))
    groups: dict[Key, Group] = {}
    for worker, version_id, start, error, requests in _counts(selection, now):
        status = STATUS.get(error, SUCCESS)
        if selection.statuses is not None and status not in selection.statuses:
            continue
        described = describe(worker, version_id, start, status)
        group = groups.setdefault(tuple(described.values()), Group(described))
        group.requests += requests
        group.errors += requests if error in STATUS else 0
    if with_latency and selection.statuses is None and "status" not in dimensions:
        _add_latencies(groups, selection, describe, now)
    return list(groups.values())


def finest_span(selection: Selection, now: datetime) -> Span:
    """How exact the rows of this range are."""
    return span_of(selection.since, selection.until, now)


def _counts(selection: Selection, now: datetime) -> Iterable[tuple[str, str, int, str, int]]:
    rows = _within(Count.objects.of_deployments(), selection, now)
    grouped = rows.values_list("worker", "version_id", "start", "error")
    counted: Iterable[tuple[str, str, int, str, int]] = grouped.annotate(
        n=Sum("requests")
    ).order_by()
    return counted


def _add_latencies(
    groups: dict[Key, Group], selection: Selection, describe: Describe, now: datetime
) -> None:
    rows = _within(Latency.objects.of_deployments(), selection, now)
    digests: defaultdict[Key, list[TDigest]] = defaultdict(list)
    for worker, version_id, start, sketch in rows.values_list(
        "worker", "version_id", "start", "sketch"
    ):
        key = tuple(describe(worker, version_id, start, SUCCESS).values())
        digests[key].append(TDigest.from_bytes(bytes(sketch)))
    for key, of_group in digests.items():
        if key in groups:
            groups[key].digests = of_group


def _within(rows: QuerySet[Any], selection: Selection, now: datetime) -> QuerySet[Any]:
    rows = rows.filter(**rollup_of(selection.since, selection.until, now)).exclude(worker="")
    if selection.workers is not None:
        rows = rows.filter(worker__in=selection.workers)
    if selection.versions is not None:
        rows = rows.filter(version_id__in=selection.versions)
    return rows


def _describer(dimensions: frozenset[str]) -> Describe:
    """The values of the dimensions, of a row's fields."""

    def describe(worker: str, version_id: str, start: int, status: str) -> Mapping[str, str]:
        every = {"scriptName": worker, "scriptVersion": version_id, "status": status}
        described = {name: value for name, value in every.items() if name in dimensions}
        for name in dimensions.intersection(STEPS):
            described[name] = _time(start // STEPS[name] * STEPS[name])
        if "datetime" in dimensions:
            described["datetime"] = _time(start)
        if "date" in dimensions:
            described["date"] = _time(start)[:10]
        return described

    return describe


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
