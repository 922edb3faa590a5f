"""Server time of the pages with much in the database, beside a bare Django page.

`python -m benchmarks.dashboard.pages`: 200 Workers and 2,000, each in a process of its own.
Nothing is sent: Django's test client, one request after the other. The CPU column is what a page
costs when strangers have none of the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.base import machine, rows
from benchmarks.base.figures import percentile, table
from benchmarks.base.rows import DEPLOYMENTS, NAME, SIZES, VERSIONS, Size

ROUNDS = {200: 60, 2000: 30}
AIM_MS = 60.0
BARE = "bare Django page"
QUIET_SECONDS = 60.0
"""To wait at most for a moment in which the machine does nothing else."""

Call = Callable[[], None]
Figures = dict[str, dict[str, float]]


def main() -> int:
    if len(sys.argv) > 2:  # `--only N`: one size, its figures as JSON on the last line
        print(json.dumps(measured(int(sys.argv[2]))))
        return 0
    found = {workers: _in_a_process_of_its_own(workers) for workers in SIZES}
    print(_table(found))
    for workers, figures in found.items():
        slow = [name for name, times in figures.items() if times["p95"] >= AIM_MS]
        above = f"above: {', '.join(slow)}" if slow else "met"
        print(f"Aim at {workers} Workers, p95 under {AIM_MS:.0f} ms: {above}.")
    return 0


def _in_a_process_of_its_own(workers: int) -> Figures:
    command = [sys.executable, "-m", "benchmarks.dashboard.pages", "--only", str(workers)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    *said, figures = output.strip().splitlines()
    print("\n".join(said), flush=True)
    return dict(json.loads(figures))


def measured(workers: int) -> Figures:
    size = SIZES[workers]
    with tempfile.TemporaryDirectory(prefix="sluice-pages-") as folder:
        os.environ |= {"SLUICE_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        began = time.perf_counter()
        maya = rows.fill(size)
        calls = pages(maya) | api(maya) | pushed() | edges()
        print(
            f"{workers} Workers × {size.versions} versions; {NAME} with {DEPLOYMENTS} deployments, "
            f"the others with {size.few}; made in {time.perf_counter() - began:.1f} s"
        )
        return _timed_in_turn(calls, size, ROUNDS[workers])


def _timed_in_turn(calls: dict[str, Call], size: Size, rounds: int) -> Figures:
    """Every page in turn, so that what else the machine does hits all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    worked: dict[str, list[float]] = {name: [] for name in calls}
    first = {name: _timed(call)[0] for name, call in calls.items()}
    machine.wait_until_quiet(QUIET_SECONDS)
    print(machine.conditions())
    for _ in range(rounds):
        rows.go_on_counting(size)
        for name, call in calls.items():
            wall, cpu = _timed(call)
            times[name].append(wall)
            worked[name].append(cpu)
    print(machine.conditions())
    bare = percentile(worked[BARE], 50)
    return {
        name: {
            "bare": percentile(worked[name], 50) / bare,
            "cpu": percentile(worked[name], 50),
            "p50": percentile(times[name], 50),
            "p95": percentile(times[name], 95),
            "first": first[name],
        }
        for name in calls
    }


def _timed(call: Call) -> tuple[float, float]:
    """Wall clock and CPU time of one call, in ms."""
    began, work = time.perf_counter(), time.process_time()
    call()
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - work)


def _table(found: dict[int, Figures]) -> str:
    """`first` is the page's first time in its process, which has seen none of the rows yet."""
    units = {"bare": "× bare", "cpu": "CPU", "p95": "p95", "first": "first"}
    head = ["ms", *(f"{n:,}: {unit}" for n in found for unit in units.values())]
    names = next(iter(found.values()))
    lines = [
        [name, *(f"{figures[name][key]:.1f}" for figures in found.values() for key in units)]
        for name in names
    ]
    return table(head, lines)


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
        "Observability": "/observability/",
        "Edges": "/edges/",
        "Invocations": "/invocations/",
        "palette": "/palette/?q=worker-01",
        "policies": "/policies/",
        "people": "/people/",
        "API reference": "/api/",
        "playground": f"/playground/?worker={NAME}",
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


def api(maya: Any) -> dict[str, Call]:
    """Lists, and what Prometheus reads."""
    from django.conf import settings
    from django.test import Client

    from dashboard.accounts.tokens import create_token

    _, secret = create_token(user=maya, name="bench", scopes=["read"])
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {secret}"})
    at = f"/client/v4/accounts/{settings.ACCOUNT_ID}/workers"
    addresses = {
        "API: scripts, a page of 100": f"{at}/scripts?page=1&per_page=100",
        "API: all scripts": f"{at}/scripts",
        "API: Workers, a page of 100": f"{at}/workers?per_page=100",
        "API: callers of a Worker": f"{at}/scripts/{NAME}/references",
        "/metrics": "/metrics",
    }
    return {name: _get(client, address) for name, address in addresses.items()}


def edges() -> dict[str, Call]:
    """What an edge that knows nothing gets, and one that lacks the newest deployment."""
    from routing import snapshot
    from routing.control import revision
    from routing.control.publish import publish

    newest = revision.current()
    return {
        "whole snapshot": lambda: _check(snapshot.to_json(publish())),
        "newest change": lambda: _check(snapshot.to_json(publish(newest - 1))),
    }


def _check(body: bytes) -> None:
    assert body


def pushed() -> dict[str, Call]:
    """What is rendered once for all who look."""
    from dashboard.live.pages.fragments import UpdateReason

    topics = (("a Worker's page", f"worker:{NAME}"), ("the list", "workers"))
    return {
        f"pushed to {to}: {why}": _push(topic, why) for to, topic in topics for why in UpdateReason
    }


def _push(topic: str, why: Any) -> Call:
    from dashboard.live.pages import fragments

    def call() -> None:
        assert fragments.render(topic, why, NAME).html

    return call


def _bare(request: Any) -> Any:
    """Through the same middleware, with the signed-in person and nothing else."""
    from django.http import HttpResponse

    return HttpResponse(f"<!doctype html><title>Bare</title><p>{request.user.username}")


if __name__ == "__main__":
    sys.exit(main())
