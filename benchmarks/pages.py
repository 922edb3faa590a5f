"""Server time of the Workers' pages with much in the database, beside a bare Django page.

Nothing is started and nothing is sent: Django's test client, this process, one request after the
other. The CPU column is what a page costs when strangers have none of the machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks import machine, rows
from benchmarks.figures import percentile
from benchmarks.rows import DEPLOYMENTS, FEW, NAME, VERSIONS, WORKERS

ROUNDS = 60
AIM_MS = 60.0
BARE = "bare Django page"
QUIET_SECONDS = 60.0
"""To wait at most for a moment in which the machine does nothing else."""

Call = Callable[[], None]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="sluice-pages-") as folder:
        os.environ |= {"SLUICE_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        began = time.perf_counter()
        calls = pages(rows.fill()) | pushed()
        print(
            f"{WORKERS} Workers × {VERSIONS} versions; {NAME} with {DEPLOYMENTS} deployments, the "
            f"others with {FEW}; made in {time.perf_counter() - began:.1f} s"
        )
        return report(calls)


def report(calls: dict[str, Call]) -> int:
    """Every page in turn, so that what else the machine does hits all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    worked: dict[str, list[float]] = {name: [] for name in calls}
    first = {name: _timed(call)[0] for name, call in calls.items()}
    machine.wait_until_quiet(QUIET_SECONDS)
    print(machine.conditions())
    for _ in range(ROUNDS):
        rows.go_on_counting()
        for name, call in calls.items():
            wall, cpu = _timed(call)
            times[name].append(wall)
            worked[name].append(cpu)
    _print(times, worked, first)
    print(f"\n{machine.conditions()}")
    slow = [name for name, found in times.items() if percentile(found, 95) >= AIM_MS]
    print(f"Aim: p95 under {AIM_MS:.0f} ms. " + (f"Above: {', '.join(slow)}." if slow else "Met."))
    return 0


def _timed(call: Call) -> tuple[float, float]:
    """Wall clock and CPU time of one call, in ms."""
    began, work = time.perf_counter(), time.process_time()
    call()
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - work)


def _print(
    times: dict[str, list[float]], worked: dict[str, list[float]], first: dict[str, float]
) -> None:
    """`first` is the page's first time in this process, which has seen none of the rows yet."""
    bare = percentile(worked[BARE], 50)
    print(f"\n{'page':34}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'× bare':>9}{'first ms':>10}")
    for name, found in times.items():
        p50, p95, cpu = percentile(found, 50), percentile(found, 95), percentile(worked[name], 50)
        print(f"{name:34}{p50:9.1f}{p95:9.1f}{cpu:9.1f}{cpu / bare:9.1f}{first[name]:10.1f}")


def pages(maya: Any) -> dict[str, Call]:
    """What a person opens in this room, as one who may deploy."""
    from django.test import Client
    from django.urls import path

    from dashboard import urls

    urls.urlpatterns.append(path("bare/", _bare))
    client = Client(headers={"host": "localhost"})
    client.force_login(maya)
    found = {name: _get(client, address) for name, address in _addresses().items()}
    dialog = {"HX-Request": "true", "HX-Target": "dialog"}
    found["change the split, as a dialog"] = _get(
        client, f"/workers/{NAME}/split/?percentage=10", dialog
    )
    return found


def _addresses() -> dict[str, str]:
    from routing.models import Deployment, Version

    older, newer = Version.objects.filter(worker__name=NAME).order_by("number")[VERSIONS - 2 :]
    deployment = Deployment.objects.get(worker__name=NAME, number=DEPLOYMENTS - 1)
    at = f"/workers/{NAME}/"
    return {
        BARE: "/bare/",
        "Workers": "/workers/",
        "Workers, by traffic": "/workers/?sort=traffic&page=2",
        "Workers, searched": "/workers/?q=worker-01",
        "deployments view": at,
        "all versions": f"{at}versions/",
        "all deployments": f"{at}deployments/",
        "all deployments, a late page": f"{at}deployments/?before=200",
        "one deployment": f"{at}deployments/{deployment.id}/",
        "one version": f"{at}versions/{newer.id}/",
        "menu of a version": f"{at}versions/{newer.id}/menu/",
        "choose two to compare": f"{at}diff/",
        "diff of two versions": f"{at}diff/{older.id}...{newer.id}/",
        "change the split": f"{at}split/?percentage=10",
        "roll back": f"{at}rollback/",
        "editor, a copy of a version": f"{at}edit/?from={newer.id}",
        "editor, a new Worker": "/workers/new/?create",
    }


def _get(client: Any, address: str, headers: dict[str, str] | None = None) -> Call:
    def call() -> None:
        answer = client.get(address, headers=headers)
        assert answer.status_code in (200, 302), (address, answer.status_code)

    return call


def pushed() -> dict[str, Call]:
    """What is rendered once for all who look."""
    from dashboard.live.parts import Why

    topics = (("a Worker's page", f"worker:{NAME}"), ("the list", "workers"))
    return {f"pushed to {to}: {why}": _push(topic, why) for to, topic in topics for why in Why}


def _push(topic: str, why: Any) -> Call:
    from dashboard.live import parts

    def call() -> None:
        assert parts.render(topic, why, NAME).html

    return call


def _bare(request: Any) -> Any:
    """Through the same middleware, with the signed-in person and nothing else."""
    from django.http import HttpResponse

    return HttpResponse(f"<!doctype html><title>Bare</title><p>{request.user.username}")


if __name__ == "__main__":
    sys.exit(main())
