"""What each version did in some time: the reads that pages share. Constant numbers of queries."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone
from fastdigest import TDigest, merge_all

from dashboard.fleet.version_roles import Standing
from dashboard.observability.charts.formatting import count, rate
from dashboard.observability.ingest.batch_schema import CENTROIDS
from dashboard.observability.models import Count, Latency, Span
from dashboard.observability.queries.statistics import ENOUGH, FAILURES, Observed, Split, quantiles
from routing.models import Deployment, Worker
from routing.transactions.batches import SIZE

RECENT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What `versions` (by id) did from `since` until `until`."""

    since: datetime
    until: datetime
    versions: Mapping[str, Observed] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(observed.requests for observed in self.versions.values())

    def of(self, version_id: object) -> Observed:
        """What one version did; nothing, if it was not seen."""
        return self.versions.get(str(version_id), Observed())

    def share(self, version_id: object) -> float | None:
        """The version's part of all requests in percent; None without any."""
        return 100 * self.of(version_id).requests / self.requests if self.requests else None


@dataclass(frozen=True, slots=True)
class Recent:
    """A Worker's last minutes. `before`: where it is rolled back, its error rate before."""

    requests: int
    failed: int
    minutes: float
    before: float | None = None

    @property
    def per_minute(self) -> float:
        return self.requests / self.minutes

    @property
    def error_rate(self) -> float | None:
        """In percent; None without requests."""
        return 100 * self.failed / self.requests if self.requests else None

    @property
    def enough(self) -> bool:
        return self.requests >= ENOUGH

    @property
    def pace(self) -> str:
        """Requests per minute, as people read it."""
        return f"{self.per_minute:.1f}" if self.per_minute < 10 else count(self.per_minute)

    @property
    def was(self) -> str:
        """The rate before a roll back as people read it, where that helped; else nothing."""
        if self.before is None or not self.enough or self.before <= (self.error_rate or 0.0):
            return ""
        return f"was {rate(self.before)}"


def traffic(
    worker: Worker, since: datetime, until: datetime, deployment: Deployment | None = None
) -> Traffic:
    """Each version's requests, errors and latencies, two queries.

    With `deployment`, only what was decided by it (latencies aside, which are by version).
    """
    counts, latencies = _rows(worker.name, since, until)
    if deployment is not None:
        counts = counts.filter(deployment_id=str(deployment.id))
    digests = merged(latencies.values_list("version_id", "sketch"))
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    drawn: Counter[str] = Counter()
    grouped = counts.values_list("version_id", "reason", "error").annotate(n=Sum("requests"))
    for version_id, reason, error, requests in grouped.order_by():
        found[version_id][error] += requests
        drawn[version_id] += requests if reason == "percentage" else 0
    return Traffic(
        since, until, {v: observed(by, drawn[v], digests.get(v)) for v, by in found.items()}
    )


def last_minutes(worker: Worker, deployment: Deployment | None = None) -> Traffic:
    """The last five minutes."""
    now = timezone.now()
    return traffic(worker, now - RECENT, now, deployment)


def per_minute(worker: Worker, version_id: object, now: datetime) -> float:
    """Requests a minute of one version in the last five, one query."""
    since = first_minute(now - RECENT)
    counts = Count.objects.of_deployments().filter(
        worker=worker.name, span=Span.MINUTE, start__gte=since, version_id=str(version_id)
    )
    requests = counts.aggregate(n=Sum("requests", default=0))["n"]
    return float(requests / max(1.0, (now.timestamp() - since) / 60))


def splits(standings: Iterable[Standing], found: Traffic) -> dict[str, Split]:
    """Observed against configured for each version of a deployment; `found` is its traffic."""
    listed = list(standings)
    draws = sum(found.of(s.version.id).drawn for s in listed)
    return {
        str(s.version.id): Split(s.weight or 0, found.of(s.version.id).drawn, draws) for s in listed
    }


def recent(names: Iterable[str] | None = None, now: datetime | None = None) -> dict[str, Recent]:
    """The last five minutes by Worker, of the `names` or of all that had any, in two queries.

    Every request that is counted is timed as well, and those are a quarter of the rows; an index
    finds the few that failed.
    """
    now = now or timezone.now()
    since = first_minute(now - RECENT)
    within: dict[str, Any] = {"span": Span.MINUTE, "start__gte": since}
    asked = None if names is None else set(names)
    if asked is not None and len(asked) <= SIZE:
        within["worker__in"] = asked
    sent = _by_worker(Latency.objects.of_deployments().filter(**within))
    failures = Count.objects.of_deployments().filter(error__in=FAILURES, **within)
    failed = dict(_by_worker(failures))
    minutes = max(1.0, (now.timestamp() - since) / 60)
    return {
        worker: Recent(n, failed.get(worker, 0), minutes)
        for worker, n in sent
        if asked is None or worker in asked
    }


def _by_worker(rows: QuerySet[Any]) -> list[tuple[str, int]]:
    """(Worker, requests)."""
    return list(rows.values_list("worker").annotate(n=Sum("requests")).order_by())


def observed(by_error: Mapping[str, int], drawn: int, digest: TDigest | None) -> Observed:
    """Numbers of one version; `by_error` has its good requests under ""."""
    errors = {kind: n for kind, n in by_error.items() if kind}
    return Observed(sum(by_error.values()), errors, drawn, **quantiles(digest))


def merged(rows: Iterable[tuple[Any, Any]]) -> dict[Any, TDigest]:
    """One digest for each key of (key, sketch)."""
    found: defaultdict[Any, list[TDigest]] = defaultdict(list)
    for key, sketch in rows:
        found[key].append(TDigest.from_bytes(bytes(sketch)))
    return {key: together(digests) for key, digests in found.items()}


def together(digests: list[TDigest]) -> TDigest:
    """One digest of several, as large as each of them."""
    return digests[0] if len(digests) == 1 else merge_all(digests, CENTROIDS)


def first_minute(moment: datetime) -> int:
    """The first minute that begins at `moment` or later, in seconds since 1970."""
    return -(-int(moment.timestamp()) // 60) * 60


def _rows(worker: str, since: datetime, until: datetime) -> tuple[QuerySet[Any], QuerySet[Any]]:
    within = {"worker": worker, **rollup_of(since, until, timezone.now())}
    counts, latencies = Count.objects.of_deployments(), Latency.objects.of_deployments()
    return counts.filter(**within), latencies.filter(**within)


def rollup_of(since: datetime, until: datetime, now: datetime) -> dict[str, int]:
    """The conditions of a range for `Count` and `Latency`: the finest rollup that goes back so far,
    from its first whole minute, or from the hour or day that `since` is in."""
    span = span_of(since, until, now)
    begin = first_minute(since) if span is Span.MINUTE else int(since.timestamp()) // span * span
    return {"span": span, "start__gte": begin, "start__lt": math.ceil(until.timestamp())}


def span_of(since: datetime, until: datetime, now: datetime) -> Span:
    """The finest rollup that goes back to `since` and is not too large for the range."""
    if until - since <= timedelta(days=1) and since > now - timedelta(days=settings.KEEP_MINUTES):
        return Span.MINUTE
    if until - since <= timedelta(days=31) and since > now - timedelta(days=settings.KEEP_HOURS):
        return Span.HOUR
    return Span.DAY
