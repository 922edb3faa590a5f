"""What reads all Workers does it in a constant number of queries, none with a term for each."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from dashboard.live.pages import fragments
from dashboard.live.pages.fragments import UpdateReason
from dashboard.observability.flags.flags import judge
from routing import snapshot
from routing.compile import names
from routing.compile.envoy import config
from routing.control.publish import publish
from routing.models import Worker
from tests.dashboard.growth.conftest import WORKERS, bounded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_minute_passes")]

PUBLISHING = 12
"""Queries: Workers, versions and their modules, static assets, routes, zones, namespaces, stored
secrets, Durable Objects and those that were deleted."""


def test_a_whole_snapshot_is_published_and_compiled(many):
    with bounded(PUBLISHING):
        whole = publish()
    assert len(whole.workers) == WORKERS
    assert sum(len(w.versions) for w in whole.workers) == 2 * WORKERS
    assert all(v.modules and v.bindings for w in whole.workers for v in w.versions)
    assert snapshot.from_json(snapshot.to_json(whole)) == whole
    slots = {v.id: n for w in whole.workers for n, v in enumerate(w.versions)}
    endpoints = {
        names.cluster(v.id, ""): [names.socket_file(v.id, names.socket(""))]
        for w in whole.workers
        for v in w.versions
    }
    assert len(config.clusters(endpoints)) == 4 * WORKERS
    assert len(config.public_scopes(whole)) == WORKERS + 1
    config.internal_scopes(whole, slots)


def test_a_change_of_many_workers_is_published(many):
    with bounded(PUBLISHING):
        change = publish(since=1)
    assert change.base == 1 and len(change.workers) == WORKERS - 1


PAGES = {
    "/workers/": 25,
    "/workers/?sort=traffic&page=3": 25,
    "/workers/?q=w0": 25,
    "/workers/?state=unhealthy": 25,
    "/workers/w0007/": 30,
    "/observability/": 27,  # two of them are for the menu: reviews that wait, the inbox
    "/observability/?page=2": 27,
    "/edges/": 17,
    "/palette/?q=w11": 8,
    "/invocations/": 15,
    "/activity/": 10,
    "/playground/?worker=w0007": 41,  # each Worker calls the next, twelve deep
}


@pytest.mark.parametrize(("address", "most"), PAGES.items())
def test_a_page_stays_small_and_quick_to_ask(many, address, most):
    with bounded(most):
        answer = many.client.get(address)
    assert answer.status_code == 200
    assert len(answer.content) < 400_000, len(answer.content)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/workers/scripts", WORKERS),
        ("/workers/scripts?page=2&per_page=100", 100),
        ("/workers/workers?per_page=1000", 1000),
        ("/workers/scripts/w0007/references", None),
        ("/workers/scripts/w0007/deployments?per_page=1000", None),
    ],
)
def test_the_api_lists(many, api, path, count):
    with bounded(14):
        found = api(path)
    assert count is None or len(found["result"]) == count


def test_who_calls_a_worker(many, api):
    with bounded(8):
        found = api("/workers/scripts/w0007/references")["result"]["services"]["incoming"]
    assert [call["service"] for call in found] == ["w0006"]


def test_metrics_and_pushes(many, settings):
    settings.METRICS_TOKEN = "a-token-for-prometheus"
    headers = {"authorization": f"Bearer {settings.METRICS_TOKEN}"}
    with bounded(20):
        assert many.client.get("/metrics", headers=headers).status_code == 200
    for why in UpdateReason:
        with bounded(25):
            assert fragments.render("workers", why, "w0007").html
        with bounded(30):
            assert fragments.render("worker:w0007", why, "w0007").html


def test_judging_all_that_failed(many):
    """Every version failed: the worst minute there is."""
    with bounded(40):
        judge(timezone.now())
    with bounded(25):
        assert many.client.get("/workers/").status_code == 200


def test_deploying_one_of_many(many):
    from tests.factories import make_deployment

    began = time.perf_counter()
    with bounded(20):
        made = make_deployment(Worker.objects.get(name="w0007"))
    assert made.revision == WORKERS + 1
    with bounded(PUBLISHING):
        assert [w.name for w in publish(since=WORKERS).workers] == ["w0007"]
    assert time.perf_counter() - began < 2
