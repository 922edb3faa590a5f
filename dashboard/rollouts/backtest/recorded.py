"""What was counted, block by block: of a rollout that ended, or of a Worker's last hours.

A rollout's own blocks where its edges counted in them, else minutes. Both are stored for
SLUICE_KEEP_MINUTES days; older traffic cannot be replayed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Q, Sum

from dashboard.observability.models import CallerCount, Count, Span, StepCount
from dashboard.observability.queries.statistics import FAILURES
from dashboard.observability.versions.step_figures import PROBES
from dashboard.rollouts.backtest.thinning import NOTHING, RecordedBlock
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.slow_requests.budget import NO_BUDGET, SlowBudget, budget_from_json
from routing.models import Worker

Key = tuple[int, str]
"""Start of a block, and the version."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Blocks in order of time, and the thresholds that slow requests were counted by."""

    blocks: tuple[RecordedBlock, ...] = ()
    budget: SlowBudget = NO_BUDGET


def of_rollout(rollout: Rollout) -> Recording:
    """The time in which its candidate had traffic, at the shares that it had. Four queries."""
    ended = rollout.ended_at or rollout.since
    within = Q(created_on__gte=rollout.started_at, created_on__lte=ended, source="rollout")
    taken_over = Q(created_on__lt=rollout.started_at)
    newest = rollout.worker.deployments.filter(taken_over).order_by("-number")[:1]
    ids = [
        *map(str, newest.values_list("id", flat=True)),
        *map(str, rollout.worker.deployments.filter(within).values_list("id", flat=True)),
    ]
    pair = (str(rollout.candidate_id), str(rollout.stable_id))
    counts = _by_step(ids)
    minutes = _by_minute(Q(worker=rollout.worker.name, deployment_id__in=ids), _edges(ids))
    blocks = [*_blocks(counts, pair), *_blocks(minutes, pair)]
    shared = [block for block in blocks if block.candidate and block.candidate["requests"]]
    in_time = tuple(sorted(shared, key=lambda block: block.start))
    return Recording(in_time, budget_from_json(rollout.slow_budget))


def of_hours(worker: Worker, hours: int, now: datetime) -> Recording:
    """Each minute of the last hours, all versions together. Two queries."""
    since = int((now - timedelta(hours=hours)).timestamp()) // Span.MINUTE * Span.MINUTE
    until = int(now.timestamp()) // Span.MINUTE * Span.MINUTE
    minutes = _by_minute(Q(worker=worker.name, start__gte=since, start__lt=until), set())
    totals: dict[int, dict[str, int]] = defaultdict(lambda: dict(NOTHING))
    for (start, _), counts in minutes.items():
        for name, value in counts.items():
            totals[start][name] += value
    if not totals:
        return Recording()
    # Minutes without a request are time that passes, too.
    starts = range(min(totals), max(totals) + Span.MINUTE, Span.MINUTE)
    return Recording(tuple(RecordedBlock(s, Span.MINUTE, totals.get(s, NOTHING)) for s in starts))


def _by_step(ids: Sequence[str]) -> dict[Key, dict[str, int]]:
    sums = {f"sum_{name}": Sum(name) for name in StepCount.NUMBERS}
    rows: Any = StepCount.objects.filter(deployment_id__in=ids).values("start", "version_id")
    return {
        (row["start"], row["version_id"]): {n: row[f"sum_{n}"] for n in StepCount.NUMBERS}
        for row in rows.annotate(**sums).order_by()
    }


def _edges(ids: Sequence[str]) -> set[str]:
    """Edges that counted in blocks; their minutes would count the same requests twice."""
    rows = StepCount.objects.filter(deployment_id__in=ids)
    return set(rows.values_list("edge", flat=True).distinct())


def _by_minute(within: Q, without_edges: Iterable[str]) -> dict[Key, dict[str, int]]:
    counts: dict[Key, dict[str, int]] = defaultdict(lambda: dict(NOTHING))
    edges = Q(edge__in=list(without_edges))
    decided = Count.objects.filter(within, span=Span.MINUTE).exclude(edges)
    decided = decided.exclude(hop__in=PROBES).exclude(reason="override")
    failed = Sum("requests", filter=Q(error__in=FAILURES), default=0)
    rows = decided.values_list("start", "version_id").annotate(Sum("requests"), failed=failed)
    for start, version, requests, bad in rows.order_by():
        counts[start, version] |= {"requests": requests, "failed": bad}
    callers = CallerCount.objects.filter(within).exclude(edges)
    sums = callers.values_list("start", "version_id").annotate(Sum("callers"), Sum("failing"))
    for start, version, distinct, failing in sums.order_by():
        counts[start, version] |= {"callers": max(distinct, failing), "failing": failing}
    return counts


def _blocks(counts: Mapping[Key, Mapping[str, int]], pair: tuple[str, str]) -> list[RecordedBlock]:
    """A block lasts until the next one, and a minute at most."""
    candidate, stable = pair
    starts = sorted({start for start, version in counts if version in pair})
    gaps = [min(Span.MINUTE, after - start) for start, after in pairwise(starts)]
    lengths = [*gaps, min(gaps, default=Span.MINUTE)]  # the last one is as long as the shortest
    return [
        RecordedBlock(
            start,
            seconds,
            counts.get((start, stable), NOTHING),
            counts.get((start, candidate), NOTHING),
        )
        for start, seconds in zip(starts, lengths, strict=False)
    ]
