"""The last hour of many Workers as small lines: numbers for SVG attributes, one query a minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock

from django.db.models import Sum
from django.utils import timezone

from dashboard.observability.models import Count, Span

MINUTES = 60
BUCKET = 2
"""Minutes of one point."""
UNSETTLED = 3
"""Last minutes that may still grow."""
WIDTH, HEIGHT = 84, 22
_TOP = 2.0


@dataclass(frozen=True, slots=True)
class Spark:
    """`line` and `area` are points of an SVG of `WIDTH` by `HEIGHT`; `highest` is a minute's."""

    line: str
    area: str
    end: float
    highest: int


def sparks(now: datetime | None = None) -> dict[str, Spark]:
    """The sixty whole minutes before `now`; Workers without a request in them are missing."""
    return _drawn(int((now or timezone.now()).timestamp()) // Span.MINUTE)


def draw(points: list[float], highest: int) -> Spark:
    """The highest point reaches the top; zero is the bottom."""
    most = max(points) or 1.0
    step = (WIDTH - 3) / (len(points) - 1)
    places = [
        (round(n * step, 1), round(HEIGHT - (HEIGHT - _TOP) * value / most, 1))
        for n, value in enumerate(points)
    ]
    line = " ".join(f"{x},{y}" for x, y in places)
    return Spark(line, f"0,{HEIGHT} {line} {places[-1][0]},{HEIGHT}", places[-1][1], highest)


@lru_cache(maxsize=2)
def _drawn(minute: int) -> dict[str, Spark]:
    """Whole minutes hardly change any more, so those of all Workers are read once."""
    found: dict[str, list[int]] = {}
    for place, counted in enumerate(_counted(minute)):
        for worker, requests in counted.items():
            found.setdefault(worker, [0] * MINUTES)[place] = requests
    return {worker: draw(_buckets(counts), max(counts)) for worker, counts in found.items()}


_minutes: dict[int, dict[str, int]] = {}
"""Requests by Worker in each minute that was read."""
_reading = Lock()


def forget() -> None:
    """As if this process had just started: for tests."""
    _drawn.cache_clear()
    _minutes.clear()


def _counted(minute: int) -> list[dict[str, int]]:
    """The `MINUTES` before `minute`. Only the last ones are read again: edges report late, but
    hardly ever later than that."""
    wanted = range(minute - MINUTES, minute)
    with _reading:
        known = {m for m in _minutes if m < minute - UNSETTLED}
        first = next((m for m in wanted if m not in known), minute)
        fresh: dict[int, dict[str, int]] = {m: {} for m in range(first, minute)}
        seconds = Span.MINUTE.value
        rows = (
            Count.objects.of_deployments()
            .filter(span=Span.MINUTE, start__gte=first * seconds, start__lt=minute * seconds)
            .values_list("worker", "start")
            .annotate(n=Sum("requests"))
            .order_by()
        )
        for worker, start, requests in rows:
            fresh[start // seconds][worker] = requests
        _minutes.update(fresh)
        for old in [m for m in _minutes if m not in wanted]:
            del _minutes[old]
        return [_minutes[m] for m in wanted]


def _buckets(counts: list[int]) -> list[float]:
    return [sum(counts[n : n + BUCKET]) / BUCKET for n in range(0, len(counts), BUCKET)]
