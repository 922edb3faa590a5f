"""Is a version well? The edges' own word about its process, and how its errors go."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from django.db.models import QuerySet, Sum, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from dashboard.observability.figures import ENOUGH, FAILURES
from dashboard.observability.models import Count, Latency, Span
from dashboard.ui.propagation import SILENT_AFTER
from routing.models import Edge

NOW_SECONDS, BEFORE_SECONDS = 120, 900
LEAST_FAILED = 5
LEAST_POINTS = 2.0
"""Errors rise when at least 5 requests failed in two minutes, a rate at least two points above
that of the quarter of an hour before, and at least twice as high."""

HIGH_MINUTES = 5
HIGH_PERCENT = 5.0
"""Errors are high when one in twenty of at least `ENOUGH` requests failed in five whole minutes,
however long that has been so: what once rose and stayed is no better for it. Whole ones, since the
minute that runs is told in part and would make a version ill and well by turns."""

Sums: TypeAlias = Mapping[str, int]
"""Requests by the name of a window: latest and before (those of a rise), whole."""

#: State of a process at an edge → kind, words. Worst first.
STATES = {
    "failed": ("failed", "cannot start"),
    "hung": ("hung", "hangs"),
    "backoff": ("crashing", "crash loop"),
}


@dataclass(frozen=True, slots=True)
class Health:
    """`kind` is ok, failed, hung, crashing or errors; `words` say it, `detail` where and why."""

    kind: str = "ok"
    words: str = ""
    detail: str = ""

    @property
    def ok(self) -> bool:
        return self.kind == "ok"


WELL = Health()


def health(version_ids: Iterable[object], now: datetime | None = None) -> dict[str, Health]:
    """The health of each version by its id as text: two queries however many there are, and a third
    while some fail."""
    ids = {str(version_id) for version_id in version_ids}
    return dict.fromkeys(ids, WELL) | unwell(ids, now)


def unwell(ids: set[str] | None = None, now: datetime | None = None) -> dict[str, Health]:
    """Of these versions, or of all, those that are not well; in as many queries."""
    now = now or timezone.now()
    found = _by_errors(ids, int(now.timestamp()))
    return found | _by_processes(ids, now - SILENT_AFTER)


def erring(now: datetime | None = None) -> dict[str, str]:
    """Of all versions, those whose errors rise or are high, in words by id. One query, and a second
    while some fail."""
    found = _by_errors(None, int((now or timezone.now()).timestamp()))
    return {version_id: sick.words for version_id, sick in found.items()}


def workers_of(version_ids: Collection[str], now: datetime | None = None) -> list[str]:
    """The names of the Workers of versions that failed lately."""
    failed = _failures(int((now or timezone.now()).timestamp())).filter(version_id__in=version_ids)
    return sorted(set(failed.values_list("worker", flat=True)))


def _by_processes(ids: set[str] | None, heard_since: datetime) -> dict[str, Health]:
    """What edges say of hundreds of versions is long, and not worth a model and its slow parser."""
    edges = Edge.objects.filter(last_seen_on__gt=heard_since)
    sick: defaultdict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    for edge, status in edges.values_list("name", Cast("status", TextField())):
        for version_id, told in (msgspec.json.decode(status).get("versions") or {}).items():
            if told.get("state") in STATES and (ids is None or version_id in ids):
                sick[version_id].append((told["state"], edge, told))
    return {version_id: _worst(cases) for version_id, cases in sick.items()}


def _worst(cases: list[tuple[str, str, dict[str, Any]]]) -> Health:
    state, _, told = min(cases, key=lambda case: list(STATES).index(case[0]))
    kind, words = STATES[state]
    edges = ", ".join(sorted(edge for _, edge, _ in cases))
    restarts = told.get("restarts") or 0
    times = f", {restarts} restart{'s' if restarts > 1 else ''}" if restarts else ""
    message = f": {told['message']}" if told.get("message") else ""
    return Health(kind, words, f"at {edges}{times}{message}"[:500])


def _by_errors(ids: set[str] | None, now: int) -> dict[str, Health]:
    """Of these versions, or of all that failed.

    An index finds the few that fail at all. How much they answered is asked of the latencies: every
    request that is counted is timed as well, and those are a quarter of the rows.
    """
    windows = _windows(now)
    failed = _by_version(_failures(now), windows)
    asked = failed.keys() if ids is None else ids & failed.keys()
    suspects = {version_id for version_id in asked if _enough(failed[version_id])}
    if not suspects:
        return {}
    timed = Latency.objects.of_deployments().filter(version_id__in=suspects, **_within(now))
    found = {
        version_id: _rising(failed[version_id], requests) or _high(failed[version_id], requests)
        for version_id, requests in _by_version(timed, windows).items()
    }
    return {version_id: sick for version_id, sick in found.items() if sick}


def _failures(now: int) -> QuerySet[Any]:
    return Count.objects.of_deployments().filter(error__in=FAILURES, **_within(now))


def _within(now: int) -> dict[str, int]:
    return {"span": Span.MINUTE, "start__gte": now - NOW_SECONDS - BEFORE_SECONDS}


def _windows(now: int) -> dict[str, range]:
    """Seconds in which the minutes of each begin. Edges whose clocks are fast are in the latest."""
    border, minute = now - NOW_SECONDS, now // Span.MINUTE * Span.MINUTE
    return {
        "latest": range(border, now + BEFORE_SECONDS),
        "before": range(border - BEFORE_SECONDS, border),
        "whole": range(minute - HIGH_MINUTES * Span.MINUTE, minute),
    }


def _by_version(rows: QuerySet[Any], windows: Mapping[str, range]) -> dict[str, Sums]:
    by_minute = rows.values_list("version_id", "start").annotate(n=Sum("requests")).order_by()
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for version_id, start, requests in by_minute:
        for name, window in windows.items():
            sums[version_id][name] += requests if start in window else 0
    return dict(sums)


def _enough(failed: Sums) -> bool:
    """Whether so many failed that their errors may rise, or be high."""
    return failed["latest"] >= LEAST_FAILED or 100 * failed["whole"] >= HIGH_PERCENT * ENOUGH


def _rising(failed: Sums, requests: Sums) -> Health | None:
    rate, before = (_percent(failed[window], requests[window]) for window in ("latest", "before"))
    if failed["latest"] < LEAST_FAILED or rate < before + LEAST_POINTS or rate < 2 * before:
        return None
    detail = f"{rate:.1f}% of {requests['latest']:,} in 2 min, {before:.1f}% in the 15 min before"
    return Health("errors", "errors rising", detail)


def _high(failed: Sums, requests: Sums) -> Health | None:
    rate = _percent(failed["whole"], requests["whole"])
    if requests["whole"] < ENOUGH or rate < HIGH_PERCENT:
        return None
    detail = f"{rate:.1f}% of {requests['whole']:,} in {HIGH_MINUTES} min"
    return Health("errors", "errors high", detail)


def _percent(failed: int, requests: int) -> float:
    return 100 * failed / requests if requests else 0.0
