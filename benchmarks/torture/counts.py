"""What the dashboard counted, and what it says is missing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SETTLE_SECONDS = 20.0
_QUIET_SECONDS = 1.0
_UNKNOWN_QUIET_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Totals:
    """Since the beginning: requests from outside, lines in gaps, gaps of unknown size."""

    counted: int = 0
    missing: int = 0
    unknown: int = 0


def totals(data: Path) -> Totals:
    with sqlite3.connect(f"file:{data}/sluice.sqlite3?mode=ro", uri=True, timeout=20) as rows:
        counted = rows.execute(
            "SELECT coalesce(sum(requests), 0) FROM observability_count "
            "WHERE span = 60 AND hop = 'external'"
        ).fetchone()[0]
        missing, unknown = rows.execute(
            "SELECT coalesce(sum(lines), 0), count(*) - count(lines) FROM observability_gap"
        ).fetchone()
    return Totals(int(counted), int(missing), int(unknown))


def settled(data: Path, before: Totals, answered: int) -> Totals:
    return settle(lambda: totals(data), before, answered)


def settle(read: Callable[[], Totals], before: Totals, answered: int) -> Totals:
    """Once everything answered since `before` is counted or missing and nothing more comes. What a
    gap of unknown size lacks never comes, so a longer silence is enough there."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    last, since = read(), time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(0.1)
        now = read()
        if now != last:
            last, since = now, time.monotonic()
        complete = now.counted + now.missing - before.counted - before.missing >= answered
        quiet = time.monotonic() - since
        if complete and quiet > _QUIET_SECONDS:
            break
        if now.unknown > before.unknown and quiet > _UNKNOWN_QUIET_SECONDS:
            break
    return last
