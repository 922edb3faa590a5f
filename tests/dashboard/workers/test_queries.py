"""No page asks the database more often because there are more Workers, versions or deployments."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.fleet.deployment_cache import forget
from dashboard.live.pages import fragments
from dashboard.observability.queries import before_deployment as before, sparkline
from dashboard.workers import push as live
from dashboard.workers.list import query
from routing.models import Deployment, Module, Share, Version, VersionModule, Worker
from tests.factories import make_edge, make_traffic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_minute_passes")]

GIVEN = {"source": "wrangler", "triggered_by": "upload", "created_on": timezone.now()}
DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}


def grow(start, stop):
    """Workers `start` to `stop`; "shop" gets as many versions, each deployed beside the one before
    it, and rolled back from. What is live has requests."""
    worker, _ = Worker.objects.get_or_create(
        name="shop", defaults={"tag": "shop", "created_on": GIVEN["created_on"]}
    )
    more = Worker.objects.bulk_create(
        Worker(name=f"w{i:03}", tag=uuid4().hex, created_on=GIVEN["created_on"])
        for i in range(start, stop)
    )
    fields = {"etag": "e", "compatibility_date": "2026-08-01", **GIVEN}
    new = [Version(worker=worker, number=n + 1, **fields) for n in range(start, stop)]
    pairs = [[Version(worker=w, number=n, **fields) for n in (1, 2)] for w in more]
    Version.objects.bulk_create([*new, *(v for pair in pairs for v in pair)])
    parts_of(new)
    before = [worker.versions.order_by("number").first(), *new]
    deploy([*zip(new, before, strict=False), *((two, one) for one, two in pairs)])


def parts_of(versions):
    for v in versions:
        v.main_module = "index.js"
    modules = [
        Module(sha256=f"{v.number:064}", content=f"export default {v.number}".encode(), size=16)
        for v in versions
    ]
    Module.objects.bulk_create(modules)
    given = {"name": "index.js", "content_type": "application/javascript+module", "position": 0}
    VersionModule.objects.bulk_create(
        VersionModule(version=v, module=m, **given) for v, m in zip(versions, modules, strict=True)
    )


def deploy(pairs):
    """Each version at 25 % beside the other one; alone where that is itself."""
    made = [
        Deployment(worker=v.worker, number=v.number, revision=v.number, is_rollback=True, **GIVEN)
        for v, _ in pairs
    ]
    Deployment.objects.bulk_create(made)
    shares = [
        Share(deployment=d, version=version, position=position, weight=weight)
        for d, (v, beside) in zip(made, pairs, strict=True)
        for position, (version, weight) in enumerate([(v, 25_000), (beside, 75_000)])
        if position == 0 or v != beside
    ]
    Share.objects.bulk_create(shares)
    for version, _ in pairs:
        make_traffic(version.worker.name, 100, version_id=version.id)


def addresses():
    """Every page, dialog and piece that a person's browser asks for."""
    versions = Version.objects.filter(worker__name="shop").order_by("number")
    first, last, earlier = versions.first().id, versions.last().id, versions.reverse()[2].id
    made = Deployment.objects.filter(worker__name="shop").order_by("number").last()
    return {
        "list": ("/workers/", {}),
        "list, searched": ("/workers/?q=w00", {}),
        "list, a piece": ("/workers/?sort=traffic", {"HX-Request": "true"}),
        "deployments view": ("/workers/shop/", {}),
        "versions": ("/workers/shop/versions/", {}),
        "deployments": ("/workers/shop/deployments/", {}),
        "deployment": (f"/workers/shop/deployments/{made.id}/", {}),
        "version": (f"/workers/shop/versions/{last}/", {}),
        "menu": (f"/workers/shop/versions/{last}/menu/", {"HX-Request": "true"}),
        "compare": ("/workers/shop/diff/", {}),
        "diff": (f"/workers/shop/diff/{first}...{last}/", {}),
        "split": ("/workers/shop/split/?percentage=10", {}),
        "split, dialog": ("/workers/shop/split/?percentage=10", DIALOG),
        "roll back": (f"/workers/shop/rollback/?version={earlier}", {}),
        "roll back, dialog": (f"/workers/shop/rollback/?version={earlier}", DIALOG),
        "editor": (f"/workers/shop/edit/?from={last}", {}),
        "new Worker": ("/workers/new/?create", {}),
    }


def as_if_just_started():
    """Nothing was looked up before, and no line of the last hour was sent."""
    forget()
    before.forget()
    query._rolled_back.cache_clear()
    sparkline.forget()
    live._drawn_at.clear()


def asked(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as found:
        act()
    return len(found)


def pages(client, again=False):
    """How often each page asks in a process that has seen nothing yet, or `again` right after."""

    def show(path, headers):
        assert client.get(path, headers=headers).status_code in (200, 302), path

    found = {}
    for name, (path, headers) in addresses().items():
        as_if_just_started()
        if again:
            show(path, headers)
        found[name] = asked(partial(show, path, headers))
    return found


def pushes():
    def push(topic, why):
        as_if_just_started()
        assert fragments.render(topic, why, "shop").html

    return {
        (topic, why): asked(partial(push, topic, why))
        for topic in ("workers", "worker:shop")
        for why in fragments.UpdateReason
    }


def test_queries_are_the_same_with_3_and_300(maya, no_minute_passes):
    make_edge()
    grow(0, 3)
    few, few_again, few_pushed = pages(maya), pages(maya, again=True), pushes()
    grow(3, 300)
    assert pages(maya) == few
    assert pages(maya, again=True) == few_again
    assert pushes() == few_pushed
    assert max(few.values()) <= 35 and max(few_pushed.values()) <= 18


def test_standings_are_not_asked_for_again(maya, no_minute_passes):
    grow(0, 3)
    fresh, again = pages(maya), pages(maya, again=True)
    # Which are active, the last hour's lines; the shares and the histories that roles follow from.
    assert again["list"] <= fresh["list"] - 4  # five where the newest deployment is known, too
    assert again["deployments"] <= fresh["deployments"] - 4  # the strip's and the timeline's
