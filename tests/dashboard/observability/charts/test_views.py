"""The charts of a Worker and the glance at all of them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.fleet import deployment_cache
from dashboard.observability.queries.traffic import first_minute
from tests.dashboard.observability.batches import MINUTE, count, request
from tests.factories import make_deployment, make_edge, make_version, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def shop():
    return make_worker("shop", versions=2)


@pytest.fixture
def ramp(shop, now):
    """shop at 25% / 75%, deployed half an hour ago."""
    one, two = shop.versions.order_by("number")
    return make_deployment(shop, (two, 25), (one, 75), now=now - timedelta(minutes=30))


def lines(now, deployment, *, n=200, ago=120, **fields):
    """A quarter of `n` requests for the candidate, the rest for the stable version."""
    at = first_minute(now - timedelta(seconds=ago)) - MINUTE
    two, one = (str(share.version_id) for share in deployment.shares.all())
    fields = {"deployment": str(deployment.id)} | fields
    parts = [(two, n // 4), (one, n - n // 4)]
    return [request(at, version, **fields) for version, part in parts for _ in range(part)]


def html_of(client, query="", path="/workers/shop/observability/"):
    answer = client.get(path + query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_worker_nobody_called_says_so_and_how_to(maya, shop):
    html = html_of(maya)
    assert "No request in this time" in html and "/playground/?worker=shop" in html


def test_requests_are_stacked_by_version_with_the_deployment_marked(maya, edge, ramp, now):
    count(edge, *lines(now, ramp), now=now)
    html = html_of(maya)
    assert html.count('<rect class="bar-candidate"') == html.count('<rect class="bar-stable"') == 1
    assert re.search(r'<text class="chart-said is-newest"[^>]*>25%</text>', html)
    assert "per minute, stacked; 200 in all" in html


def test_observed_stands_beside_configured_with_what_chance_gives(maya, edge, ramp, now):
    count(edge, *lines(now, ramp), now=now)
    html = " ".join(html_of(maya).split())
    assert "Candidate #2 got 25% of 200 requests drawn by percentage. 25% is configured" in html
    assert "chance alone gives 19% to 31%." in html


def test_below_100_requests_there_is_no_line_but_the_count(maya, edge, ramp, now):
    count(edge, *lines(now, ramp, n=80), now=now)
    html = html_of(maya)
    assert "no version has 100 requests" in html and "<polyline" not in html
    assert "too few requests" in html


def test_lines_break_where_minutes_are_missing(maya, edge, ramp, now):
    for n, ago in enumerate((1500, 1440, 1380, 300, 240)):
        count(edge, *lines(now, ramp, n=400, ago=ago), begins=400 * n, now=now)
    html = html_of(maya)
    assert html.count('class="line line-stable"') == 4  # two runs in each of two charts


def test_a_point_of_a_line_stands_for_100_requests_at_least(maya, edge, ramp, now):
    for n, ago in enumerate((360, 300, 240, 180)):
        count(edge, *lines(now, ramp, n=160, ago=ago), begins=160 * n, now=now)
    html = html_of(maya)
    assert html.count('class="line line-stable"') == 2  # each minute has 120 of its own
    assert html.count('class="line line-candidate"') == 2  # 40 in each minute, 120 in three


def test_each_bucket_says_its_values_and_the_line_has_its_limits(maya, edge, ramp, now):
    count(edge, *lines(now, ramp, n=400), now=now)
    html = html_of(maya)
    assert re.search(r'data-column="\d\d:\d\d Candidate 100, Stable 300"', html)
    assert "Candidate 0 failed, under 5.7%, Stable 0 failed, under 2.1%" in html
    assert html.count('class="chart-hit"') == 3 * 60


def test_every_chart_has_its_table(maya, edge, ramp, now):
    count(edge, *lines(now, ramp), now=now)
    html = html_of(maya)
    assert html.count("Show as table") == 3
    assert "<caption" in html and ">150</td>" in html


@pytest.mark.parametrize("key", ["15m", "1h", "6h", "24h", "7d", "30d"])
def test_each_range_shows_the_same_requests(maya, edge, ramp, now, key):
    count(edge, *lines(now, ramp), now=now)
    html = html_of(maya, f"?range={key}")
    assert re.search(rf'<a href="[^"]*range={key}[^"]*" aria-current="true"', html)
    assert ">150</td>" in html


def test_versions_are_chosen_in_the_address(maya, edge, ramp, now):
    count(edge, *lines(now, ramp), now=now)
    stable = ramp.shares.all()[1].version_id
    html = html_of(maya, f"?v={stable}")
    assert "bar-stable" in html and "bar-candidate" not in html
    assert "Live versions and all others" in html


def test_a_version_that_was_rolled_back_keeps_its_name_and_its_failures(maya, edge, shop, now):
    one, two = shop.versions.order_by("number")
    three = make_version(shop)
    make_deployment(shop, (two, 100), now=now - timedelta(minutes=50))
    bad = make_deployment(shop, (three, 50), (two, 50), now=now - timedelta(minutes=40))
    back = {"triggered_by": "rollback", "now": now - timedelta(minutes=20)}
    make_deployment(shop, (two, 100), **back)
    at = first_minute(now - timedelta(minutes=30)) - MINUTE
    fields = {"deployment": str(bad.id)}
    logged = [request(at, str(three.id), status=500, **fields)] * 19
    logged += [request(at, str(three.id), **fields)] * 81
    logged += [request(at, str(two.id), **fields)] * 100
    count(edge, *logged, request(at, str(one.id)), request(at, "not-an-id"), now=now)
    html = " ".join(html_of(maya).split())
    assert '<b>Rolled back #3</b> <span class="meta">19 of 100 failed (19%, 8.4–34%)</span>' in html
    assert '<b>Stable</b> <span class="meta">0 failed, under 5.7%</span>' in html
    assert "bar-rolled-back" in html and "Previously deployed #1" not in html
    assert "Never deployed #1" in html and "<b>Others</b>" in html
    assert ">50% → rolled back</text>" in html or ">rolled back</text>" in html
    assert "bar-rolled-back" in html_of(maya, f"?v={three.id}")


@pytest.mark.parametrize("query", ["?range=1y&q=p42&v=%01", "?v=" + "x" * 5000, "?range="])
def test_an_address_that_makes_no_sense_shows_the_page(maya, ramp, query):
    assert "1 h" in html_of(maya, query)


def test_what_was_not_counted_is_on_the_page(maya, edge, ramp, now):
    count(edge, *lines(now, ramp), now=now)
    count(edge, *lines(now, ramp), begins=207, now=now)
    for path in ("/workers/shop/observability/", "/observability/"):
        html = html_of(maya, path=path)
        assert "Not everything was counted" in html and "e1: 7 lines of its log" in html


def test_an_unhealthy_version_says_so_on_every_page_here(maya, ramp):
    version = str(ramp.shares.all()[0].version_id)
    told = {"state": "backoff", "restarts": 4, "message": "out of memory"}
    make_edge("e9", status={"versions": {version: told}})
    for path in ("/workers/shop/observability/", "/observability/"):
        html = html_of(maya, path=path)
        assert "crash loop" in html and "at e9, 4 restarts: out of memory" in html


def test_the_page_renews_only_its_part(maya, ramp):
    fragment = html_of(Htmx(maya))
    assert fragment.lstrip().startswith('<div id="observed"') and "<html" not in fragment
    assert 'hx-trigger="every 5s"' in fragment


class Htmx:
    """A client whose requests come from htmx."""

    def __init__(self, client):
        self._client = client

    def get(self, path):
        return self._client.get(path, headers={"HX-Request": "true"})


def test_nothing_in_the_page_needs_inline_styles_or_scripts(maya, edge, ramp, now):
    count(edge, *lines(now, ramp), now=now)
    html = html_of(maya)
    assert "style=" not in html and "<style" not in html
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_names_are_escaped(maya, edge, ramp, now):
    make_edge("e9", status={})
    count(edge, *lines(now, ramp), unreadable=1, now=now)
    edge.readings.update(batch="<b>")
    assert "<b>boot" not in html_of(maya, path="/observability/")


def test_strangers_see_nothing(shop):
    assert Client().get("/workers/shop/observability/").status_code == 302
    assert Client().get("/observability/").status_code == 302


def test_the_glance_shows_rate_errors_and_latency_of_each_worker(maya, edge, ramp, now):
    make_worker("quiet")
    count(edge, *lines(now, ramp, us=4000), *lines(now, ramp, status=502), now=now)
    html = html_of(maya, path="/observability/")
    assert "400 in all" in html and "<b>200 of 400 failed</b>" in html
    assert html.index(">shop<") < html.index(">quiet<")
    assert "e1 was counted" in html


def test_the_overview_draws_all_workers_last_hour(maya, edge, ramp, now):
    count(edge, *lines(now, ramp), *lines(now, ramp, status=502, n=40), now=now)
    html = html_of(maya, path="/observability/")
    assert html.count("data-chart") == 2 and 'class="bar-all"' in html
    assert "40 of 240 failed (17%, 9.5–26%)" in html and 'class="spark"' in html


def test_requests_for_nobody_are_not_hidden(maya, edge, now):
    stray = request(now.timestamp() - 60 - MINUTE, route="no-worker", status=404)
    count(edge, stray, stray, now=now)
    assert "2 requests reached no Worker" in html_of(maya, path="/observability/")


@pytest.mark.parametrize("path", ["/observability/", "/workers/w0/observability/"])
def test_queries_do_not_grow_with_workers_and_versions(maya, edge, now, path):
    def queries(begin, end, begins):
        logged = []
        for n in range(begin, end):
            worker = make_worker(f"w{n}", versions=3)
            one, two, three = worker.versions.order_by("number")
            live = make_deployment(worker, (one, 100))
            live = make_deployment(worker, (three, 10), (two, 90))
            logged += lines(now, live, n=8, route=f"w{n}/percentage")
        for version in [f"v{n}" for n in range(begin, end)]:
            logged.append(request(now.timestamp() - MINUTE, version, route="w0/percentage"))
        count(edge, *logged, begins=begins, now=now)
        deployment_cache.forget()
        with CaptureQueriesContext(connection) as asked:
            html_of(maya, path=path)
        return len(logged), len(asked)

    html_of(maya, path=path) if path == "/observability/" else None
    written, few = queries(0, 3, 0)
    _, many = queries(3, 30, written)
    assert few == many <= 30
