"""What the charts of one Worker show: each version's buckets, in a constant number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, OuterRef, Subquery, Sum
from fastdigest import TDigest

from dashboard.fleet.version_roles import HEAVY, Role, Standing
from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.observability.models import Count, Latency
from dashboard.observability.queries.statistics import ENOUGH, Observed
from dashboard.observability.queries.time_ranges import Window
from dashboard.observability.queries.traffic import merged, observed, together
from routing.models import Share, Worker

OTHERS = "others"
REACH = 15
MOST = 8
"""Versions with a chip of their own; the rest is among the others."""
NAMED = 3
"""Versions that are no longer live with a series of their own, without a choice."""


@dataclass(slots=True)
class Series:
    """One version, or all others: `points` are None where nothing was counted.

    `trailing` says at each point what holds for the last buckets that have enough requests
    together, at most `REACH` of them and none from before a gap.
    """

    key: str
    standing: Standing | None
    points: list[Observed | None]
    trailing: list[Observed | None]
    total: Observed

    @property
    def role(self) -> str:
        return str(self.standing.role) if self.standing else "former"

    @property
    def mark(self) -> Role:
        """The role whose mark is drawn before its name."""
        return self.standing.role if self.standing else Role.FORMER

    @property
    def word(self) -> str:
        """The label at the end of its line."""
        if self.standing is None:
            return "Others"
        if self.standing.weight is not None:
            return self.standing.word
        return f"#{self.standing.version.number}"

    @property
    def name(self) -> str:
        """Candidate, Rolled back #3, Others."""
        is_former = self.standing is not None and self.standing.weight is None
        return f"{self.standing.word} {self.word}" if self.standing and is_former else self.word

    @property
    def failures(self) -> FailureRate:
        return FailureRate(self.total.failed, self.total.requests)


def read(
    worker: Worker, window: Window, live: Sequence[Standing], chosen: Collection[str] = ()
) -> tuple[list[Series], list[Standing]]:
    """The chosen versions (without a choice the live ones, those most seen of the others, and the
    rest as one), stable first; and the versions that can be chosen. Four queries."""
    counts, digests = _counts(worker, window), _digests(worker, window)
    seen = Counter[str]()
    for (_, version_id), by_error in counts.items():
        seen[version_id] += by_error.total()
    offered = _offered(worker, live, seen)
    shown = offered[: len(live) + NAMED]
    if chosen:
        shown = [s for s in offered if str(s.version.id) in chosen]
    keys = {str(s.version.id) for s in shown}
    groups: list[tuple[set[str], str, Standing | None]] = [
        ({str(s.version.id)}, str(s.version.id), s) for s in reversed(shown)
    ]
    others = set(seen) - keys
    if others and not chosen:
        groups.insert(0, (others, OTHERS, None))
    return [_series(ids, key, s, window, counts, digests) for ids, key, s in groups], offered


def read_live(worker: Worker, window: Window, live: Sequence[Standing]) -> list[Series]:
    """These versions only, stable first. Two queries."""
    counts, digests = _counts(worker, window), _digests(worker, window)
    keys = [(str(standing.version.id), standing) for standing in reversed(live)]
    return [_series({key}, key, standing, window, counts, digests) for key, standing in keys]


def _series(
    ids: set[str],
    key: str,
    standing: Standing | None,
    window: Window,
    counts: dict[tuple[int, str], Counter[str]],
    digests: dict[tuple[int, str], TDigest],
) -> Series:
    by_bucket: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for (bucket, version_id), by_error in counts.items():
        if version_id in ids:
            by_bucket[bucket] += by_error
    listed: defaultdict[int, list[TDigest]] = defaultdict(list)
    for (bucket, version_id), digest in digests.items():
        if version_id in ids:
            listed[bucket].append(digest)
    sketches = {bucket: together(found) for bucket, found in listed.items()}
    points = [
        observed(by_bucket[n], 0, sketches.get(n)) if n in by_bucket else None
        for n in range(window.range.count)
    ]
    everything = together(list(sketches.values())) if sketches else None
    total = observed(sum(by_bucket.values(), Counter()), 0, everything)
    trailing = [_trailing(n, by_bucket, sketches) for n in range(window.range.count)]
    return Series(key, standing, points, trailing, total)


def _trailing(
    last: int, by_bucket: Mapping[int, Counter[str]], sketches: Mapping[int, TDigest]
) -> Observed | None:
    """The bucket `last`, with as many before it as it takes to have enough requests."""
    taken, errors = [], Counter[str]()
    for n in range(last, last - REACH, -1):
        if n not in by_bucket or errors.total() >= ENOUGH:
            break
        taken.append(n)
        errors += by_bucket[n]
    if not taken:
        return None
    digests = [sketches[n] for n in taken if n in sketches]
    return observed(errors, 0, together(digests) if digests else None)


def _counts(worker: Worker, window: Window) -> dict[tuple[int, str], Counter[str]]:
    """(bucket, version id) → requests by error."""
    bucket = F("start") - F("start") % window.range.bucket
    rows = (
        Count.objects.of_deployments()
        .filter(**_within(worker, window))
        .annotate(begins=bucket)
        .values_list("begins", "version_id", "error")
        .annotate(n=Sum("requests"))
        .order_by()
    )
    found: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for begins, version_id, error, requests in rows:
        found[window.index(begins), version_id][error] += requests
    return found


def _digests(worker: Worker, window: Window) -> dict[tuple[int, str], TDigest]:
    """(bucket, version id) → latencies."""
    rows = (
        Latency.objects.of_deployments()
        .filter(**_within(worker, window))
        .values_list("start", "version_id", "sketch")
    )
    return merged(((window.index(start), version_id), sketch) for start, version_id, sketch in rows)


def _within(worker: Worker, window: Window) -> dict[str, object]:
    return {
        "worker": worker.name,
        "span": window.range.span,
        "start__gte": window.begin,
        "start__lt": window.end,
    }


def _offered(worker: Worker, live: Sequence[Standing], seen: Counter[str]) -> list[Standing]:
    """The live versions, then those seen most."""
    known = {str(s.version.id) for s in live}
    most = [v for v, _ in seen.most_common() if v not in known and _is_id(v)][:MOST]
    last = Share.objects.filter(version=OuterRef("pk")).order_by("-deployment__number")
    found = worker.versions.filter(id__in=most).defer(*HEAVY)
    versions = list(found.annotate(last_in=Subquery(last.values("deployment__number")[:1])))
    versions.sort(key=lambda version: most.index(str(version.id)))
    lasts: dict[object, int | None] = {v.pk: getattr(v, "last_in", None) for v in versions}
    ended = {pk: number + 1 for pk, number in lasts.items() if number is not None}
    back = worker.deployments.filter(is_rollback=True, number__in=ended.values())
    undone = set(back.values_list("number", flat=True))
    return [*live, *(Standing(v, _former_role(ended.get(v.pk), undone)) for v in versions)]


def _former_role(ended_by: int | None, undone: Collection[int]) -> Role:
    """By the number of the deployment that took the version away; None if it never was in one."""
    if ended_by is None:
        return Role.NEVER
    return Role.ROLLED_BACK if ended_by in undone else Role.FORMER


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
