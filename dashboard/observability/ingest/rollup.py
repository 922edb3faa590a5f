"""Adds counts to the rollups of minute, hour and day at once, so that all are always up to date.

What it costs depends on how many different rows a batch touches, never on the requests in them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from django.db import connection, models
from fastdigest import TDigest

from dashboard.observability.ingest.batch_schema import Called, Counted, Stepped, Timed
from dashboard.observability.models import CallerCount, Count, Latency, Span, StepCount

Key: TypeAlias = tuple[str | int, ...]


def add_counts(edge: str, rows: Iterable[Counted]) -> None:
    """Adds requests to their rows; a row that is not there yet begins with them."""
    added: Counter[Key] = Counter()
    for row in rows:
        for span in Span:
            added[_count_key(edge, span, row)] += row.requests
    listed = [(*key, n) for key, n in sorted(added.items(), key=str)]
    _upsert(Count, Count.KEY, ("requests",), listed)


def add_callers(edge: str, rows: Iterable[Called]) -> None:
    """Adds callers to those of their minute; the edge sends each of them once a minute."""
    added: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for row in rows:
        key = (row.worker, row.minute, row.version_id, row.deployment_id, edge)
        added[key].update({name: getattr(row, name) for name in CallerCount.NUMBERS})
    listed = [
        (*key, *(numbers[name] for name in CallerCount.NUMBERS))
        for key, numbers in sorted(added.items(), key=str)
    ]
    _upsert(CallerCount, CallerCount.KEY, CallerCount.NUMBERS, listed)


def add_steps(edge: str, rows: Iterable[Stepped]) -> None:
    """Adds to the blocks of rollouts' steps."""
    added: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for row in rows:
        key = (row.deployment_id, row.version_id, row.start, edge)
        added[key].update({name: getattr(row, name) for name in StepCount.NUMBERS})
    listed = [
        (*key, *(numbers[name] for name in StepCount.NUMBERS))
        for key, numbers in sorted(added.items(), key=str)
    ]
    _upsert(StepCount, StepCount.KEY, StepCount.NUMBERS, listed)


def add_latencies(edge: str, rows: Iterable[Timed]) -> None:
    """Merges sketches into those that are there. The caller holds the edge's reading."""
    added: dict[Key, Latency] = {}
    for row in rows:
        digest = row.digest()
        for span in Span:
            key = (row.worker, int(span), row.minute // span * span, row.version_id, edge, row.hop)
            _merge(added, key, row.requests, row.total_us, digest)
    for kept in _kept(edge, added):
        key = tuple(getattr(kept, name) for name in Latency.KEY)
        _merge(added, key, kept.requests, kept.total_us, TDigest.from_bytes(bytes(kept.sketch)))
    Latency.objects.bulk_create(
        added.values(),
        update_conflicts=True,
        unique_fields=Latency.KEY,
        update_fields=("requests", "total_us", "sketch"),
    )


def _count_key(edge: str, span: int, row: Counted) -> Key:
    """In the order of `Count.KEY`."""
    return (
        row.worker,
        int(span),
        row.minute // span * span,
        row.version_id,
        row.deployment_id,
        edge,
        row.hop,
        row.reason,
        row.override,
        row.status_class,
        row.error,
    )


def _kept(edge: str, added: dict[Key, Latency]) -> Iterable[Latency]:
    """The rows already there for what is being added (and perhaps a few beside them)."""
    rows = Latency.objects.filter(
        edge=edge,
        worker__in={row.worker for row in added.values()},
        span__in=list(Span),
        start__in={row.start for row in added.values()},
        version_id__in={row.version_id for row in added.values()},
    )
    return [row for row in rows if tuple(getattr(row, n) for n in Latency.KEY) in added]


def _merge(
    added: dict[Key, Latency],
    key: Key,
    requests: int,
    total_us: int,
    digest: TDigest,
) -> None:
    row = added.get(key)
    if row is None:
        fields = dict(zip(Latency.KEY, key, strict=True))
        added[key] = Latency(
            **fields, requests=requests, total_us=total_us, sketch=digest.to_bytes()
        )
        return
    merged = TDigest.from_bytes(bytes(row.sketch))
    merged.merge_inplace(digest)
    row.requests, row.total_us = row.requests + requests, row.total_us + total_us
    row.sketch = merged.to_bytes()


def _upsert(
    model: type[models.Model], key: tuple[str, ...], numbers: tuple[str, ...], rows: list[Key]
) -> None:
    """`numbers` of each row are added to the one that has the same key (SQLite and PostgreSQL)."""
    if not rows:
        return
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), [quote(name) for name in (*key, *numbers)]
    sums = (f"{quote(n)} = {table}.{quote(n)} + excluded.{quote(n)}" for n in numbers)
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) "
        f"VALUES ({', '.join(['%s'] * len(names))}) "
        f"ON CONFLICT ({', '.join(names[: len(key)])}) DO UPDATE SET {', '.join(sums)}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
