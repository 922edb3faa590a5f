"""What two versions did since one deployment gave them their shares: the figures of a step.

Only what the percentages decided counts: requests that an override, a preview address or the
playground sent to a version say nothing about its users.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, Sum

from dashboard.observability.flags.rules import NONE, Callers, block_of
from dashboard.observability.models import CallerCount, Count, Span, StepCount
from dashboard.observability.queries.statistics import FAILURES
from dashboard.observability.versions.slow_requests import SlowFigures
from dashboard.statistics.blocks import Block

PROBES = ("proof", "preview")
"""Listeners that only Sluice and people who look use."""
_SUMS = {
    "all_requests": Sum("requests"),
    "failed": Sum("requests", filter=Q(error__in=FAILURES), default=0),
}


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """`blocks` count observations: each caller with a key once in a block.
    (requests, failed) count requests; `callers` are the candidate's distinct ones by minute."""

    blocks: tuple[Block, ...]
    candidate: tuple[int, int]
    stable: tuple[int, int]
    callers: int
    unknown: int
    slow: Mapping[str, SlowFigures] = field(default_factory=dict)

    @property
    def assumes_independent_requests(self) -> bool:
        """Whether callers had no keys."""
        return bool(self.callers) and self.unknown >= self.callers


def split_figures(
    worker: str,
    candidate: str,
    stable: str,
    deployment_id: str,
    since: datetime,
    left_out: Callable[[int], bool] = lambda start: False,
) -> SplitFigures:
    """The figures of one deployment, without the blocks for whose start `left_out` is true.

    Edges that count in blocks are read by block; those of an earlier release, and deployments that
    no rollout made, by minute, from the minute of `since` on. Three queries, or five.
    """
    pair = (candidate, stable)
    minute = int(since.timestamp()) // Span.MINUTE * Span.MINUTE
    within = {"worker": worker, "deployment_id": deployment_id, "start__gte": minute}
    steps = [row for row in _steps(deployment_id) if not left_out(row["start"])]
    callers = _callers(within)
    coarse = {edge for edge, _ in callers} - _edges_by_step(deployment_id)
    minutes = _minutes(within, coarse, pair) if coarse else ()
    requests = _requests(within, coarse) if coarse else {}
    total = sum((c for (_, version), c in callers.items() if version == candidate), NONE)
    return SplitFigures(
        blocks=(*_blocks(steps, pair, "failing"), *minutes),
        candidate=_pair(steps, candidate, "failed", requests.get(candidate, (0, 0))),
        stable=_pair(steps, stable, "failed", requests.get(stable, (0, 0))),
        callers=total.callers,
        unknown=total.unknown,
        slow={name: _slow(steps, pair, f"slow_{name}") for name in ("p95", "p99")},
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


def _requests(within: Mapping[str, object], edges: Collection[str]) -> dict[str, tuple[int, int]]:
    """(requests, failed) by version at these edges."""
    minutes = Count.objects.filter(span=Span.MINUTE, edge__in=edges, **within)
    sums = _decided_by_percentage(minutes).values_list("version_id").annotate(**_SUMS).order_by()
    return {version: (all_, failed) for version, all_, failed in sums}


def _decided_by_percentage(rows: QuerySet[Count]) -> QuerySet[Count]:
    return rows.exclude(hop__in=PROBES).exclude(reason="override")


def _callers(within: Mapping[str, object]) -> dict[tuple[str, str], Callers]:
    """Callers by edge and version, minutes added up."""
    rows = CallerCount.objects.filter(**within).values_list("edge", "version_id")
    sums = rows.annotate(Sum("callers"), Sum("failing"), Sum("unknown")).order_by()
    return {(edge, version): Callers(*numbers) for edge, version, *numbers in sums}


def _steps(deployment_id: str) -> list[dict[str, Any]]:
    """What was counted in blocks, by version and block."""
    rows = StepCount.objects.filter(deployment_id=deployment_id)
    sums = {name: Sum(name) for name in StepCount.NUMBERS}
    return [dict(row) for row in rows.values("version_id", "start").annotate(**sums)]


def _edges_by_step(deployment_id: str) -> set[str]:
    rows = StepCount.objects.filter(deployment_id=deployment_id)
    return set(rows.values_list("edge", flat=True).distinct())


def _slow(steps: Iterable[dict[str, Any]], pair: tuple[str, str], name: str) -> SlowFigures:
    candidate, stable = pair
    return SlowFigures(
        _blocks(steps, pair, f"{name}_callers"),
        _pair(steps, candidate, name),
        _pair(steps, stable, name),
    )


def _pair(
    steps: Iterable[dict[str, Any]], version: str, bad: str, more: tuple[int, int] = (0, 0)
) -> tuple[int, int]:
    """(requests, bad ones) of a version, and `more` from elsewhere."""
    own = [row for row in steps if row["version_id"] == version]
    return more[0] + sum(r["requests"] for r in own), more[1] + sum(r[bad] for r in own)


def _blocks(steps: Iterable[dict[str, Any]], pair: tuple[str, str], bad: str) -> tuple[Block, ...]:
    sums = {(row["start"], row["version_id"]): Callers(row["callers"], row[bad]) for row in steps}
    return _paired(sums, pair)


def _minutes(
    within: Mapping[str, object], edges: Collection[str], pair: tuple[str, str]
) -> tuple[Block, ...]:
    """One for each minute, these edges together."""
    rows = CallerCount.objects.filter(edge__in=edges, **within).values_list("start", "version_id")
    sums = rows.annotate(Sum("callers"), Sum("failing"), Sum("unknown")).order_by()
    return _paired({(start, version): Callers(*n) for start, version, *n in sums}, pair)


def _paired(sums: Mapping[tuple[int, str], Callers], pair: tuple[str, str]) -> tuple[Block, ...]:
    candidate, stable = pair
    starts = sorted({start for start, version in sums if version in pair})
    return tuple(
        block_of(sums.get((start, candidate), NONE), sums.get((start, stable), NONE))
        for start in starts
    )
