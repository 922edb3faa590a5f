"""Server time of the dashboard's pages with much in the database, beside a bare Django page.

200 Workers, each with 100 versions and 10 deployments, one of them with 2,000 deployments. Nothing
is started and nothing is sent: Django's test client, this process, one request after the other. The
CPU column is what a page costs when strangers have none of the machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

WORKERS, VERSIONS, DEPLOYMENTS, FEW = 200, 100, 2000, 10
ROUNDS = 60
AIM_MS = 60.0
NAME = "worker-000"


def main() -> int:
    folder = tempfile.mkdtemp(prefix="sluice-pages-")
    os.environ |= {"SLUICE_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    began = time.perf_counter()
    fill()
    print(
        f"{WORKERS} Workers × {VERSIONS} versions; {NAME} with {DEPLOYMENTS} deployments, the "
        f"others with {FEW}; made in {time.perf_counter() - began:.1f} s"
    )
    return report()


def fill() -> None:
    """Rows by the thousand, without the acts that would check each of them."""
    from django.utils import timezone

    from routing.models import Deployment, Edge, Share, Version, Worker

    now = timezone.now()
    workers = Worker.objects.bulk_create(
        Worker(name=f"worker-{i:03}", tag=uuid.uuid4().hex, created_on=now) for i in range(WORKERS)
    )
    versions = {w.pk: [_version(w, n, now) for n in range(1, VERSIONS + 1)] for w in workers}
    Version.objects.bulk_create([v for all_ in versions.values() for v in all_], batch_size=500)
    made = [
        _deployment(w, n, now)
        for w in workers
        for n in range(1, (DEPLOYMENTS if w.name == NAME else FEW) + 1)
    ]
    Deployment.objects.bulk_create(made, batch_size=500)
    shares = [share for d in made for share in _shares(d, versions[d.worker_id])]
    Share.objects.bulk_create(shares, batch_size=500)
    for name in ("local-1", "local-2"):
        Edge.objects.create(name=name, token_sha256=name, created_on=now, last_seen_on=now)
    _traffic(made, now)


def _version(worker: Any, number: int, now: Any) -> Any:
    from routing.models import Version

    return Version(
        worker=worker,
        number=number,
        tag=f"v1.{number}.0",
        message=f"Retry card auth once on 503, attempt {number}",
        author_email="maya@example.test",
        source="wrangler",
        triggered_by="version_upload",
        created_on=now - timedelta(hours=VERSIONS - number),
        compatibility_date="2026-08-01",
        etag=uuid.uuid4().hex,
    )


def _deployment(worker: Any, number: int, now: Any) -> Any:
    from routing.models import Deployment

    return Deployment(
        worker=worker,
        number=number,
        revision=worker.pk * 10_000 + number,
        created_on=now - timedelta(minutes=DEPLOYMENTS - number),
        author_email="maya@example.test",
        source="dashboard",
        triggered_by="deployment",
        message=f"Step {number}: error rate level with stable",
    )


def _shares(deployment: Any, versions: list[Any]) -> list[Any]:
    """Ramps of four steps: 1, 10, 50, 100 %, each to the next version."""
    from routing.models import Share

    turn, step = divmod(deployment.number - 1, 4)
    new, old = versions[(turn + 1) % len(versions)], versions[turn % len(versions)]
    weight = (1_000, 10_000, 50_000, 100_000)[step]
    pairs = [(new, weight), (old, 100_000 - weight)][: 1 if weight == 100_000 else 2]
    return [
        Share(deployment=deployment, version=v, position=i, weight=w)
        for i, (v, w) in enumerate(pairs)
    ]


def _traffic(made: list[Any], now: Any) -> None:
    """Ten minutes of counts for what is live."""
    from dashboard.observability.models import Count, Span
    from routing.models import Share

    newest = {d.worker_id: d for d in made}
    minute = int(now.timestamp()) // 60 * 60
    live = Share.objects.filter(deployment__in=list(newest.values())).select_related(
        "deployment__worker"
    )
    Count.objects.bulk_create(
        Count(
            worker=share.deployment.worker.name,
            span=Span.MINUTE,
            start=minute - 60 * ago,
            version_id=str(share.version_id),
            deployment_id=str(share.deployment_id),
            edge="local-1",
            hop="external",
            reason="percentage",
            override="absent",
            status_class=2,
            error="",
            requests=100,
        )
        for share in live
        for ago in range(10)
    )


def report() -> int:
    """Every page in turn, so that what else the machine does hits all of them alike."""
    calls = _calls()
    times: dict[str, list[float]] = {name: [] for name, _ in calls}
    worked: dict[str, list[float]] = {name: [] for name, _ in calls}
    for _ in range(3):
        for _, call in calls:
            call()
    for _ in range(ROUNDS):
        for name, call in calls:
            began, work = time.perf_counter(), time.process_time()
            call()
            times[name].append(1000 * (time.perf_counter() - began))
            worked[name].append(1000 * (time.process_time() - work))
    bare = _quantile(times["bare Django page"], 0.5)
    print(f"\n{'page':42}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'× bare':>9}")
    slow = []
    for name, found in times.items():
        p50, p95 = _quantile(found, 0.5), _quantile(found, 0.95)
        work = _quantile(worked[name], 0.5)
        print(f"{name:42}{p50:9.1f}{p95:9.1f}{work:9.1f}{p50 / bare:9.1f}")
        if p95 >= AIM_MS:
            slow.append(name)
    print(
        f"\nAim: p95 under {AIM_MS:.0f} ms. " + (f"Above: {', '.join(slow)}." if slow else "Met.")
    )
    return 0


def _calls() -> list[tuple[str, Callable[[], None]]]:
    from django.test import Client
    from django.urls import path

    from dashboard import urls
    from dashboard.accounts.models import Role, User
    from dashboard.live import parts
    from routing.models import Deployment, Version

    urls.urlpatterns.append(path("bare/", _bare))
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_user("maya", role=Role.OPERATOR))
    version = Version.objects.get(worker__name=NAME, number=VERSIONS)
    deployment = Deployment.objects.get(worker__name=NAME, number=DEPLOYMENTS - 1)
    at = f"/workers/{NAME}/"
    addresses = {
        "bare Django page": "/bare/",
        "Workers": "/workers/",
        "Workers, searched": "/workers/?q=worker-01",
        "deployments view": at,
        "all versions": f"{at}versions/",
        "all deployments": f"{at}deployments/",
        "all deployments, a late page": f"{at}deployments/?before=200",
        "one deployment": f"{at}deployments/{deployment.id}/",
        "one version": f"{at}versions/{version.id}/",
        "menu of a version": f"{at}versions/{version.id}/menu/",
        "change the split": f"{at}split/?percentage=10",
        "roll back": f"{at}rollback/",
    }

    def get(address: str) -> Callable[[], None]:
        def call() -> None:
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)

        return call

    pushed = [
        ("pushed: a deployment", lambda: _push(parts.Why.DEPLOYMENT)),
        ("pushed: metrics", lambda: _push(parts.Why.METRICS)),
    ]
    return [(name, get(address)) for name, address in addresses.items()] + pushed


def _push(why: Any) -> None:
    from dashboard.live import parts

    assert parts.render(f"worker:{NAME}", why, NAME).html


def _bare(request: Any) -> Any:
    """Through the same middleware, with the signed-in person and nothing else."""
    from django.http import HttpResponse

    return HttpResponse(f"<!doctype html><title>Bare</title><p>{request.user.username}")


def _quantile(found: list[float], q: float) -> float:
    ordered = sorted(found)
    return ordered[min(len(ordered) - 1, round(q * (len(ordered) - 1)))]


if __name__ == "__main__":
    sys.exit(main())
