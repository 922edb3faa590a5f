"""Is a version well? The edges' own word about its process, and how its errors go."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from dashboard.observability.figures import FAILURES
from dashboard.observability.models import Count, Span
from dashboard.ui.propagation import SILENT_AFTER
from routing.models import Edge

NOW_SECONDS, BEFORE_SECONDS = 120, 900
LEAST_FAILED = 5
LEAST_POINTS = 2.0
"""Errors rise when at least 5 requests failed in two minutes, a rate at least two points above
that of the quarter of an hour before, and at least twice as high."""

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
    now = now or timezone.now()
    ids = {str(version_id) for version_id in version_ids}
    found = dict.fromkeys(ids, WELL)
    found |= _by_errors(ids, int(now.timestamp()))
    edges = Edge.objects.filter(last_seen_on__gt=now - SILENT_AFTER).only("name", "status")
    return found | _by_processes(ids, edges)


def _by_processes(ids: set[str], edges: Iterable[Edge]) -> dict[str, Health]:
    sick: defaultdict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    for edge in edges:
        for version_id, told in (edge.status.get("versions") or {}).items():
            if version_id in ids and told.get("state") in STATES:
                sick[version_id].append((told["state"], edge.name, told))
    return {version_id: _worst(cases) for version_id, cases in sick.items()}


def _worst(cases: list[tuple[str, str, dict[str, Any]]]) -> Health:
    state, _, told = min(cases, key=lambda case: list(STATES).index(case[0]))
    kind, words = STATES[state]
    edges = ", ".join(sorted(edge for _, edge, _ in cases))
    restarts = told.get("restarts") or 0
    times = f", {restarts} restart{'s' if restarts > 1 else ''}" if restarts else ""
    message = f": {told['message']}" if told.get("message") else ""
    return Health(kind, words, f"at {edges}{times}{message}"[:500])


def _by_errors(ids: set[str], now: int) -> dict[str, Health]:
    border = now - NOW_SECONDS
    suspects = _failing(ids, border)
    if not suspects:
        return {}
    latest, earlier = Q(start__gte=border), Q(start__lt=border)
    rows = (
        Count.objects.of_deployments()
        .filter(span=Span.MINUTE, start__gte=border - BEFORE_SECONDS, version_id__in=suspects)
        .values_list("version_id", "error")
        .annotate(now=Sum("requests", filter=latest), before=Sum("requests", filter=earlier))
        .order_by()
    )
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for version_id, error, at_present, before in rows:
        failed = error in FAILURES
        counts = {"now": at_present or 0, "before": before or 0}
        told[version_id].update(counts)
        told[version_id].update({f"failed {k}": n for k, n in counts.items() if failed})
    found = {version_id: _rising(counts) for version_id, counts in told.items()}
    return {version_id: sick for version_id, sick in found.items() if sick}


def _failing(ids: set[str], since: int) -> set[str]:
    """Those of which enough failed to look closer. Hardly any does, and an index finds them."""
    counts = Count.objects.of_deployments()
    failed = counts.filter(span=Span.MINUTE, error__in=FAILURES, start__gte=since)
    by_version = failed.values_list("version_id").annotate(n=Sum("requests")).order_by()
    return {version_id for version_id, n in by_version if n >= LEAST_FAILED} & ids


def _rising(counts: Counter[str]) -> Health | None:
    failed, requests = counts["failed now"], counts["now"]
    rate = 100 * failed / requests if requests else 0.0
    before = 100 * counts["failed before"] / counts["before"] if counts["before"] else 0.0
    if failed < LEAST_FAILED or rate < before + LEAST_POINTS or rate < 2 * before:
        return None
    detail = f"{rate:.1f}% of {requests:,} in 2 min, {before:.1f}% in the 15 min before"
    return Health("errors", "errors rising", detail)
