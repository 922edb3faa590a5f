"""What two versions did since one deployment gave them their shares: the figures of a step.

Only what the percentages decided counts: requests that an override, a preview address or the
playground sent to a version say nothing about its users.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from dashboard.observability.figures import FAILURES
from dashboard.observability.flag_rules import NONE, Callers, block_of
from dashboard.observability.models import CallerCount, Count, Span
from dashboard.statistics.blocks import Block

PROBES = ("proof", "preview")
"""Listeners that only Sluice and people who look use."""
_SUMS = {
    "all_requests": Sum("requests"),
    "failed": Sum("requests", filter=Q(error__in=FAILURES), default=0),
}


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """`blocks` count distinct callers by minute; (requests, failed) count requests."""

    blocks: tuple[Block, ...]
    candidate: tuple[int, int]
    stable: tuple[int, int]
    callers: int
    unknown: int

    @property
    def assumes_independent_requests(self) -> bool:
        """Whether no caller could be told from another."""
        return bool(self.callers) and self.unknown >= self.callers


def split_figures(
    worker: str, candidate: str, stable: str, deployment_id: str, since: datetime
) -> SplitFigures:
    """The figures of one deployment from the minute of `since` on, in two queries."""
    minute = int(since.timestamp()) // Span.MINUTE * Span.MINUTE
    within = {"worker": worker, "deployment_id": deployment_id, "start__gte": minute}
    requests = _requests(within)
    callers = _callers(within)
    minutes = sorted(callers[candidate].keys() | callers[stable].keys())
    total = sum(callers[candidate].values(), NONE)
    return SplitFigures(
        blocks=tuple(
            block_of(callers[candidate].get(m, NONE), callers[stable].get(m, NONE)) for m in minutes
        ),
        candidate=requests.get(candidate, (0, 0)),
        stable=requests.get(stable, (0, 0)),
        callers=total.callers,
        unknown=total.unknown,
    )


def sums_of_deployments(
    worker: str, deployments: Iterable[str]
) -> dict[tuple[str, str], tuple[int, int]]:
    """(deployment, version) → (requests, failed) as far as they are still counted: by day, which
    is stored longest. One query."""
    within = {"worker": worker, "deployment_id__in": list(deployments)}
    rows = _decided_by_percentage(Count.objects.filter(span=Span.DAY, **within))
    sums = rows.values_list("deployment_id", "version_id").annotate(**_SUMS).order_by()
    return {(deployment, version): (all_, failed) for deployment, version, all_, failed in sums}


def _requests(within: dict[str, object]) -> dict[str, tuple[int, int]]:
    """(requests, failed) by version."""
    rows = _decided_by_percentage(Count.objects.filter(span=Span.MINUTE, **within))
    sums = rows.values_list("version_id").annotate(**_SUMS).order_by()
    return {version: (all_, failed) for version, all_, failed in sums}


def _decided_by_percentage(rows: QuerySet[Count]) -> QuerySet[Count]:
    return rows.exclude(hop__in=PROBES).exclude(reason="override")


def _callers(within: dict[str, object]) -> defaultdict[str, dict[int, Callers]]:
    """Callers by version and minute."""
    found: defaultdict[str, dict[int, Callers]] = defaultdict(dict)
    rows = (
        CallerCount.objects.filter(**within)
        .values_list("version_id", "start")
        .annotate(Sum("callers"), Sum("failing"), Sum("unknown"))
        .order_by()
    )
    for version, start, *numbers in rows:
        found[version][start] = Callers(*numbers)
    return found
