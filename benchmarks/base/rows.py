"""Rows by the thousand, as months of use leave them, without the acts that would check each.

Workers with their versions and a few deployments each, the first with 2,000; edges that run the
newest revision and go on counting what each live version does, minute by minute.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from itertools import product
from typing import Any


@dataclass(frozen=True, slots=True)
class Size:
    """`minutes` of counts; 20 is as far back as any page of Workers looks. `name` has 2,000
    deployments and 100 versions, the others `few` and `versions`."""

    workers: int
    versions: int
    few: int
    edges: int
    minutes: int


#: By the number of Workers. What does not grow with a page is smaller in the larger one.
SIZES = {200: Size(200, 100, 10, 2, 20), 2000: Size(2000, 4, 3, 1, 6)}
VERSIONS, DEPLOYMENTS = 100, 2000
NAME = "worker-0000"
#: What one live version does in a minute at one edge: reason, class of status, error, requests.
_COUNTED = (
    ("percentage", 2, "", 480),
    ("percentage", 4, "4xx", 6),
    ("affinity", 2, "", 120),
    ("override", 2, "", 2),
)


def fill(size: Size) -> Any:
    """Everything; returns the person who made it."""
    from django.utils import timezone

    from dashboard.accounts.models import Role, User
    from routing.models import Deployment, Share, Version, Worker

    now, maya = timezone.now(), User.objects.create_user("maya", role=Role.OPERATOR)
    workers = Worker.objects.bulk_create(
        Worker(name=f"worker-{i:04}", tag=uuid.uuid4().hex, created_on=now, changed_revision=1)
        for i in range(size.workers)
    )
    versions = {w.pk: [_version(w, n, now, maya) for n in _numbers(w, size)] for w in workers}
    Version.objects.bulk_create([v for all_ in versions.values() for v in all_], batch_size=500)
    made = [
        _deployment(w, n, now, maya)
        for w in workers
        for n in range(1, (DEPLOYMENTS if w.name == NAME else size.few) + 1)
    ]
    Deployment.objects.bulk_create(made, batch_size=500)
    shares = [share for d in made for share in _shares(d, versions[d.worker_id])]
    Share.objects.bulk_create(shares, batch_size=500)
    _modules(versions[workers[0].pk])
    _edges(max(d.revision for d in made), size, now)
    go_on_counting(size)
    return maya


def _numbers(worker: Any, size: Size) -> range:
    return range(1, (VERSIONS if worker.name == NAME else size.versions) + 1)


def _version(worker: Any, number: int, now: Any, author: Any) -> Any:
    from routing.models import Version

    return Version(
        worker=worker,
        number=number,
        tag=f"v1.{number}.0",
        message=f"Retry card auth once on 503, attempt {number}",
        author=author,
        source="wrangler",
        triggered_by="version_upload",
        created_on=now - timedelta(hours=VERSIONS - number),
        main_module="index.js",
        compatibility_date="2026-08-01",
        bindings=[
            {"name": "LIMIT", "type": "plain_text", "text": str(number)},
            {"name": "REGION", "type": "plain_text", "text": "eu"},
        ],
        exports=[{"name": "default", "kind": "object", "handlers": ["fetch"]}],
        startup_time_ms=3,
        etag=uuid.uuid4().hex,
    )


def _deployment(worker: Any, number: int, now: Any, author: Any) -> Any:
    from routing.models import Deployment

    return Deployment(
        worker=worker,
        number=number,
        revision=worker.pk * 10_000 + number,
        created_on=now - timedelta(minutes=DEPLOYMENTS - number),
        author=author,
        source="dashboard",
        triggered_by="deployment",
        message=f"Step {number}: error rate level with stable",
        is_rollback=number % 40 == 36,
    )


def _shares(deployment: Any, versions: list[Any]) -> list[Any]:
    """Ramps of four steps: 1, 10, 50, 100%, each to the next version; Workers end differently."""
    from routing.models import Share

    turn, step = divmod(deployment.number - 1 + (deployment.worker_id - 1) % 4, 4)
    new, old = versions[(turn + 1) % len(versions)], versions[turn % len(versions)]
    weight = (1_000, 10_000, 50_000, 100_000)[step]
    pairs = [(new, weight), (old, 100_000 - weight)][: 1 if weight == 100_000 else 2]
    return [
        Share(deployment=deployment, version=v, position=i, weight=w)
        for i, (v, w) in enumerate(pairs)
    ]


def _modules(versions: list[Any]) -> None:
    """Three modules for each version of one Worker: a long one that changes, two that stay."""
    from routing.models import Module, VersionModule

    same = [f"export const step{i} = (total) => total + {i};" for i in range(300)]
    names = {"tax.js": "\n".join(same[:80]), "text.js": "\n".join(same[:20])}
    contents, parts = {}, []
    for version in versions:
        code = [*same[:150], f"export const version = {version.number};", *same[150:]]
        for position, (name, text) in enumerate([("index.js", "\n".join(code)), *names.items()]):
            key = sha256(text.encode()).hexdigest()
            contents[key] = Module(sha256=key, content=text.encode(), size=len(text))
            parts.append(
                VersionModule(
                    version=version,
                    module_id=key,
                    position=position,
                    name=name,
                    content_type="application/javascript+module",
                )
            )
    Module.objects.bulk_create(contents.values())
    VersionModule.objects.bulk_create(parts)


def _edges(revision: int, size: Size, now: Any) -> None:
    """They run the newest revision, report every live version, and stay in touch for a day."""
    from routing.models import DesiredState, Edge, Propagation

    DesiredState.objects.update_or_create(id=1, defaults={"revision": revision})
    told = {
        version: {"state": "serving", "worker": worker, "pid": 4711, "restarts": 0}
        for worker, version, _ in _live()
    }
    for name in _names(size):
        edge = Edge.objects.create(
            name=name,
            token_sha256=name,
            created_on=now,
            last_seen_on=now + timedelta(days=1),
            applied_revision=revision,
            status={"versions": told},
        )
        Propagation.objects.create(edge=edge, revision=revision, applied_on=now)


@cache
def _live() -> list[tuple[str, str, str]]:
    """(Worker, version, deployment) of all that is live."""
    from routing.models import Deployment, Share

    shares = Share.objects.filter(deployment__in=Deployment.objects.active())
    names = ("deployment__worker__name", "version_id", "deployment_id")
    return [(name, str(v), str(d)) for name, v, d in shares.values_list(*names)]


def _names(size: Size) -> list[str]:
    return [f"local-{n}" for n in range(1, size.edges + 1)]


def go_on_counting(size: Size) -> None:
    """The minutes that have begun since the last call, as the edges' batches would add them."""
    from dashboard.observability.models import Count, Latency

    this = int(time.time()) // 60 * 60
    last = Count.objects.order_by("-start").values_list("start", flat=True).first() or 0
    starts = range(max(last + 60, this - 60 * size.minutes), this + 60, 60)
    Count.objects.bulk_create(_counts(starts, _names(size)), batch_size=2000)
    Latency.objects.bulk_create(_latencies(starts, _names(size)), batch_size=2000)


def _counts(starts: range, edges: list[str]) -> Iterator[Any]:
    from dashboard.observability.models import Count, Span

    for start, (worker, version, deployment), edge in product(starts, _live(), edges):
        for reason, status_class, error, requests in _COUNTED:
            yield Count(
                worker=worker,
                span=Span.MINUTE,
                start=start,
                version_id=version,
                deployment_id=deployment,
                edge=edge,
                hop="external",
                reason=reason,
                override="applied" if reason == "override" else "absent",
                status_class=status_class,
                error=error,
                requests=requests,
            )


def _latencies(starts: range, edges: list[str]) -> Iterator[Any]:
    from fastdigest import TDigest

    from dashboard.observability.ingest.batch_schema import CENTROIDS
    from dashboard.observability.models import Latency, Span

    values = [float(2_000 + (n * 7919) % 30_000) for n in range(608)]
    sketch = TDigest.from_values(values, max_centroids=CENTROIDS).to_bytes()
    for start, (worker, version, _), edge in product(starts, _live(), edges):
        yield Latency(
            worker=worker,
            span=Span.MINUTE,
            start=start,
            version_id=version,
            edge=edge,
            hop="external",
            requests=len(values),
            total_us=int(sum(values)),
            sketch=sketch,
        )
