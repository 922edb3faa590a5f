"""What a suite's page reads beside the suite: the newest results. A constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from dashboard.smoketests.assertions import WORST_FIRST, Verdict
from dashboard.smoketests.models import CheckResult, SmokeRun, Suite

RECENT_RUNS = 10
LISTED_RESULTS = 5


@dataclass(frozen=True, slots=True)
class Latest:
    """What a check came to in the newest run: the worst verdict and longest time of all edges."""

    verdict: str
    ms: float


def latest_results(suite: Suite) -> Mapping[str, Latest]:
    """Check name → result, of the newest run that has results; empty without one."""
    run = _runs(suite).filter(state__in=SmokeRun.JUDGED).first()
    if run is None:
        return {}
    rows = CheckResult.objects.filter(run=run).values_list("name", "verdict", "ms")
    latest: dict[str, Latest] = {}
    for name, verdict, ms in rows:
        seen = latest.get(name, Latest(verdict, ms))
        worst = min(seen.verdict, verdict, key=lambda v: WORST_FIRST.index(Verdict(v)))
        latest[name] = Latest(worst, max(seen.ms, ms))
    return latest


def results_of_check(suite: Suite, name: str) -> list[CheckResult]:
    """The newest results of one check, at each edge, newest run first."""
    runs = list(_runs(suite).values_list("pk", flat=True)[:RECENT_RUNS])
    rows = CheckResult.objects.filter(run_id__in=runs, name=name).defer("body", "results")
    results = rows.select_related("run__version").order_by("-run__started_at", "edge")
    return list(results[:LISTED_RESULTS])


def _runs(suite: Suite) -> QuerySet[SmokeRun]:
    return SmokeRun.objects.filter(edit__suite=suite).order_by("-started_at")
