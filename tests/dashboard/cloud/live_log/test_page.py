"""The live log: events of the tail, stored requests, each with its source."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashboard.cloud.models import CloudTail, CloudTailEvent
from dashboard.cloud.proof.evidence import TailState
from tests.dashboard.cloud.pages.conftest import (
    account,
    never_leaves_this_process,
)
from tests.factories import make_deployment, make_edge, make_invocation, make_worker

__all__ = ["account", "never_leaves_this_process"]
PAGE = "/cloudflare/shop-prod/workers/shop/log/"


@pytest.fixture
def shop(account):
    worker = make_worker(versions=1)
    version = worker.versions.get()
    return make_deployment(worker, (version, 100)), str(version.id)


def event(account, **given):
    now = timezone.now()
    tail, _ = CloudTail.objects.get_or_create(
        account=account,
        worker="shop",
        scope=CloudTail.Scope.ALL,
        defaults={"watched_until": now},
    )
    detail = {"method": "GET", "url": "https://shop.example/<b>", "logs": [], "exceptions": []}
    fields = {"ray": "ray1", "at": now, "received_at": now, "outcome": "ok", "status": 200}
    return CloudTailEvent.objects.create(
        tail=tail, worker="shop", detail=detail | given.pop("detail", {}), **{**fields, **given}
    )


def rows(page):
    return [(row.ray, row.source_words) for row in page.context["rows"]]


def test_opening_it_watches_all_requests_and_pausing_does_not(maya, shop, account):
    page = maya.get(f"{PAGE}?paused=1")
    assert page.context["tail"].state is TailState.OFF and not CloudTail.objects.exists()
    page = maya.get(PAGE)
    assert b'hx-trigger="every 2s"' in page.content and b'data-tail="opening"' in page.content
    tail = CloudTail.objects.get()
    assert tail.scope == CloudTail.Scope.ALL
    assert tail.watched_until < timezone.now() + timedelta(seconds=30)
    assert b"every 2s" not in maya.get(f"{PAGE}?paused=1").content


def test_both_sources_with_console_lines(maya, shop, account):
    deployment, version = shop
    stored = make_invocation(make_edge(), deployment, version_id=version, hop="public")
    thrown = {"exceptions": [{"name": "TypeError", "message": "<script>"}]}
    event(account, ray="ray2", version_id=version, outcome="exception", detail=thrown)
    event(account, ray=stored.ray.partition("-")[0], version_id=version)
    page = maya.get(PAGE)
    sources = dict(rows(page))
    assert sources["ray2"] == "tail" and sources[stored.ray.partition("-")[0]] == "tail, logs"
    text = page.content.decode()
    assert "TypeError: &lt;script&gt;" in text and "<script>alert" not in text
    assert [r.ray for r in maya.get(f"{PAGE}?bad=1").context["rows"]] == ["ray2"]


def test_rows_alone_for_the_poll_with_the_filter(maya, shop, account):
    event(account, ray="ray3")
    part = maya.get(f"{PAGE}?q=RAY3&version=", headers={"HX-Request": "true"})
    assert b"<html" not in part.content and b"?q=RAY3" in part.content
    assert rows(part) == [("ray3", "tail")]


def test_what_the_token_may_not_read_is_named(maya, shop, account):
    for check in ("tail", "logs"):
        account.checklist[check] = {"state": "missing", "detail": ""}
    account.save()
    page = maya.get(PAGE)
    assert page.context["why_no_tail"] and page.context["why_no_logs"]
    assert not CloudTail.objects.exists()


def test_an_api_that_refuses_is_named(maya, shop, misbehave):
    misbehave(lacks=["observability"])
    cache.clear()
    page = maya.get(PAGE)
    assert page.status_code == 200 and page.context["stored"].problem


def test_queries_do_not_grow_with_rows(maya, shop, account, django_assert_max_num_queries):
    for number in range(30):
        event(account, ray=f"ray{number}")
    maya.get(PAGE)
    with django_assert_max_num_queries(25):
        maya.get(PAGE, headers={"HX-Request": "true"})
