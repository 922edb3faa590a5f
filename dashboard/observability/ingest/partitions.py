"""The daily partitions of single requests on PostgreSQL: made ahead, dropped when they have passed.

Rows outside every day, by an edge whose clock is off, are in the partition `<table>_rest`.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
DAYS_AHEAD = 2
LOCK_WAIT = "2s"
"""A partition is dropped under a lock of its table: readers in the way come first."""
_PARTITIONS = """
    SELECT c.relname, pg_get_expr(c.relpartbound, c.oid)
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(%s)
"""
_BOUNDS = re.compile(r"FROM \((?:MINVALUE|'([^']+)')\) TO \('([^']+)'\)")


@dataclass(frozen=True, slots=True)
class Partition:
    """Rows from `start` (None: the oldest) until `end`."""

    name: str
    start: datetime | None
    end: datetime


def partitions(table: str) -> list[Partition]:
    """Those with bounds, the oldest first; none where the database has no partitions."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [table])
        rows = cursor.fetchall()
    found = [Partition(name, *bounds) for name, text in rows if (bounds := _bounds(text))]
    return sorted(found, key=lambda partition: partition.end)


def make_ahead(table: str, now: datetime) -> list[str]:
    """Makes the days until `DAYS_AHEAD` from now that are missing; returns their names."""
    known = partitions(table)
    if not known:
        return []
    start, made = known[-1].end, []
    while start <= now + DAYS_AHEAD * DAY:
        made.append(_make(table, start))
        start += DAY
    return made


def drop_before(table: str, oldest: datetime) -> list[str]:
    """Drops the partitions whose rows are all older; returns their names."""
    passed = [partition for partition in partitions(table) if partition.end <= oldest]
    for partition in passed:
        drop(partition)
    return [partition.name for partition in passed]


def drop(partition: Partition) -> None:
    """Raises `OperationalError` where readers were in the way for too long."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        cursor.execute(f'DROP TABLE "{partition.name}"')
    log.info("dropped the requests of %s", partition.name)


def _make(table: str, start: datetime) -> str:
    """Takes the rows of that day out of `<table>_rest` first, which would be in the way."""
    name, end = f"{table}_{start:%Y%m%d}", start + DAY
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        cursor.execute(
            f'CREATE TABLE IF NOT EXISTS "{name}"'
            f" (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        )
        cursor.execute(
            f"WITH moved AS (DELETE FROM {table}_rest WHERE started_on >= %s AND started_on < %s"
            f' RETURNING *) INSERT INTO "{name}" SELECT * FROM moved',
            [start, end],
        )
        cursor.execute(
            f'ALTER TABLE {table} ATTACH PARTITION "{name}" FOR VALUES FROM (%s) TO (%s)',
            [start, end],
        )
    return name


def _bounds(text: str) -> tuple[datetime | None, datetime] | None:
    """Of an expression such as `FOR VALUES FROM (MINVALUE) TO ('2026-12-01 00:00:00+00')`."""
    match = _BOUNDS.search(text)
    if match is None:
        return None
    return (_moment(match[1]) if match[1] else None), _moment(match[2])


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
