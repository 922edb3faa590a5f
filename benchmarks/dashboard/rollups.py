"""Thirty days of rollups for ten million requests, and how long the charts' reads take.

    python -m benchmarks.dashboard.rollups [--requests 10000000] [--versions 2] [--edges 2]

On SQLite in a folder of its own, or on PostgreSQL where DATABASE_URL names a database: it must be
an empty one. The rows are made as they are kept: minutes of two days, hours and days of thirty.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

from fastdigest import TDigest

from benchmarks.base import machine
from benchmarks.base.figures import percentile, table

ROUNDS = 15
_ERRORS = (("", 2, 0.985), ("4xx", 4, 0.010), ("5xx", 5, 0.003), ("exception", 5, 0.002))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--requests", type=int, default=10_000_000)
    options.add_argument("--versions", type=int, default=2)
    options.add_argument("--edges", type=int, default=2)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        os.environ["SLUICE_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
        import django

        django.setup()
        _measure(given.requests, given.versions, given.edges)


def _measure(requests: int, versions: int, edges: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from routing.models import Worker

    call_command("migrate", verbosity=0)
    worker = Worker.objects.create(name="shop", tag="shop", created_on=timezone.now())
    live = _live(versions)
    rows = _fill(requests, [str(s.version.id) for s in live], edges)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(machine.conditions())
    print(f"{connection.vendor}: {requests} requests over 30 days in {rows} rows\n")
    took = {name: _times(way) for name, way in _reads(worker, live).items()}
    shown = [
        (name, *(f"{value:.1f}" for value in (statistics.median(ms), percentile(ms, 95), cpu)))
        for name, (ms, cpu) in took.items()
    ]
    print(table(["read", "median ms", "p95 ms", "our CPU ms"], shown))
    print(machine.conditions())
    sys.exit(0 if all(statistics.median(ms) < 100 for ms, _ in took.values()) else 1)


def _live(versions: int) -> list[Any]:
    """Versions as if they were live: the first is the candidate."""
    from dashboard.fleet.version_roles import Role, Standing
    from routing.models import Version

    roles = [Role.CANDIDATE, Role.STABLE, *[Role.FORMER] * versions][:versions]
    return [Standing(Version(number=n), role, 0) for n, role in enumerate(roles)]


def _fill(requests: int, ids: list[str], edges: int) -> int:
    from dashboard.observability.models import Count, Latency, Span

    now, dice, rows = int(time.time()), random.Random(7), 0
    per_second = requests / (30 * 86_400)
    for span, days in ((Span.MINUTE, 2), (Span.HOUR, 30), (Span.DAY, 30)):
        counts: list[Any] = []
        latencies: list[Any] = []
        n = max(1, round(per_second * span / len(ids) / edges))
        for start in range(now - days * 86_400 - now % span, now, span):
            for version, edge in product(ids, [f"edge-{number}" for number in range(edges)]):
                counts += _counts(Count, span, start, version, edge, n)
                latencies.append(_latency(Latency, span, start, version, edge, n, dice))
        Count.objects.bulk_create(counts, batch_size=2000)
        Latency.objects.bulk_create(latencies, batch_size=2000)
        rows += len(counts) + len(latencies)
    return rows


def _counts(model: Any, span: int, start: int, version: str, edge: str, n: int) -> Iterator[Any]:
    for error, status_class, share in _ERRORS:
        yield model(
            worker="shop",
            span=span,
            start=start,
            version_id=version,
            deployment_id="d",
            edge=edge,
            hop="external",
            reason="percentage",
            override="absent",
            status_class=status_class,
            error=error,
            requests=max(1, round(n * share)),
        )


def _latency(
    model: Any, span: int, start: int, version: str, edge: str, n: int, dice: random.Random
) -> Any:
    values = [dice.lognormvariate(math.log(18_000), 0.7) for _ in range(min(n, 200))]
    return model(
        worker="shop",
        span=span,
        start=start,
        version_id=version,
        edge=edge,
        hop="external",
        requests=n,
        total_us=int(sum(values)),
        sketch=TDigest.from_values(values, max_centroids=100).to_bytes(),
    )


def _reads(worker: Any, live: list[Any]) -> dict[str, Callable[[], object]]:
    """Everything the pages ask."""
    from django.utils import timezone

    from dashboard.observability.queries.health import health
    from dashboard.observability.queries.series import read
    from dashboard.observability.queries.time_ranges import RANGES, window_of
    from dashboard.observability.queries.traffic import recent, traffic

    now = timezone.now()
    ids = [s.version.id for s in live]
    charts: dict[str, Callable[[], object]] = {
        f"charts, {r.words}": partial(read, worker, window_of(r, now), live) for r in RANGES
    }
    return charts | {
        "traffic, 5 min": lambda: traffic(worker, now - timedelta(minutes=5), now),
        "recent": lambda: recent(["shop"], now),
        "health": lambda: health(ids, now),
    }


def _times(way: Callable[[], object]) -> tuple[list[float], float]:
    """Milliseconds of each round after one that warms, and this process's CPU in the median."""
    way()
    took, used = [], []
    for _ in range(ROUNDS):
        began, cpu = time.perf_counter(), time.process_time()
        way()
        took.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (time.process_time() - cpu))
    return took, statistics.median(used)


if __name__ == "__main__":
    main()
