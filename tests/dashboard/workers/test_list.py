"""The list of Workers."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from dashboard.fleet import deployment_cache
from dashboard.live.pages import fragments
from dashboard.live.pages.fragments import UpdateReason
from dashboard.observability.flags.flags import judge
from dashboard.observability.queries import sparkline
from dashboard.workers.list import query as listing
from routing.models import Deployment, Share, Version, Worker
from tests.factories import make_deployment, make_edge, make_traffic, make_user, make_worker
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_deployed_yet():
    """Revisions begin anew with each test."""
    listing._rolled_back.cache_clear()


def test_nothing_yet_says_how_to_begin(maya):
    assert b"npx wrangler deploy" in maya.get("/workers/").content


def test_each_worker_shows_state_split_and_who(maya):
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    make_deployment(worker, (two, 25), (one, 75), author=make_user("jonas"), source="wrangler")
    html = maya.get("/workers/").content.decode()
    assert "Ramping 25%" in html
    assert 'aria-label="Candidate #2 25%, stable #1 75%"' in html
    assert "jonas" in html and "via wrangler" in html


def states_of(client, query=""):
    html = client.get(f"/workers/{query}").content.decode()
    return [name for name in ("ramp", "stage", "back", "calm", "new") if f'id="w-{name}"' in html]


@pytest.fixture
def one_of_each(db):
    for name in ("ramp", "stage", "back", "calm", "new"):
        worker = make_worker(name, versions=2)
        one, two = worker.versions.order_by("number")
        if name != "new":
            make_deployment(worker, (one, 100))
        if name == "ramp":
            make_deployment(worker, (two, 5), (one, 95))
        if name == "stage":
            make_deployment(worker, (two, 0), (one, 100))
        if name == "back":
            make_deployment(worker, (two, 100))
            make_deployment(worker, (one, 100), message="Bad <b>signature</b>")


def test_attention_comes_first(maya, one_of_each):
    html = maya.get("/workers/").content.decode()
    places = [html.index(f'id="w-{n}"') for n in ("ramp", "stage", "back", "new", "calm")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?state=ramping", ["ramp"]),
        ("?state=staged", ["stage"]),
        ("?state=rolled-back", ["back"]),
        ("?state=never", ["new"]),
        ("?state=stable", ["calm"]),
        ("?q=AL", ["calm"]),
        ("?q=zzz", []),
    ],
)
def test_filters_live_in_the_address(maya, one_of_each, query, found):
    assert states_of(maya, query) == found


def test_messages_are_escaped(maya, one_of_each):
    html = maya.get("/workers/").content.decode()
    assert "Bad &lt;b&gt;signature&lt;/b&gt;" in html and "<b>signature" not in html


def test_a_search_that_finds_nothing_is_escaped(maya):
    make_worker("shop")
    assert b"<script>" not in maya.get("/workers/?q=<script>").content


def queries_for(client, count, django_assert_max_num_queries):
    sparkline.forget()  # read once a minute
    deployment_cache.forget()
    with django_assert_max_num_queries(100) as counted:
        assert client.get("/workers/").status_code == 200
    return len(counted)


def ramping(start, stop):
    """Workers with two versions at 25 % and 75 %, written at once."""
    now = timezone.now()
    workers = Worker.objects.bulk_create(
        Worker(name=f"w{i:03}", tag=uuid4().hex, created_on=now) for i in range(start, stop)
    )
    given = {"source": "wrangler", "triggered_by": "upload", "created_on": now}
    versions = Version.objects.bulk_create(
        Version(worker=w, number=n, etag="e", compatibility_date="2026-08-01", **given)
        for w in workers
        for n in (1, 2)
    )
    live = {
        w.pk: Deployment(worker=w, number=1, revision=start + i, **given)
        for i, w in enumerate(workers)
    }
    Deployment.objects.bulk_create(live.values())
    Share.objects.bulk_create(
        Share(deployment=live[v.worker_id], version=v, position=v.number, weight=w)
        for v, w in zip(versions, [75_000, 25_000] * len(workers), strict=True)
    )


def test_queries_do_not_grow_with_the_workers(maya, django_assert_max_num_queries):
    ramping(0, 3)
    few = queries_for(maya, 3, django_assert_max_num_queries)
    ramping(3, 300)
    assert queries_for(maya, 300, django_assert_max_num_queries) == few <= 17


def test_more_than_fifty_are_paged(maya):
    now = timezone.now()
    Worker.objects.bulk_create(
        Worker(name=f"w{i:03}", tag=uuid4().hex, created_on=now) for i in range(130)
    )
    first = maya.get("/workers/").content.decode()
    assert 'id="w-w049"' in first and 'id="w-w050"' not in first
    assert "1 to 50 of 130" in first and "?page=2" in first
    last = maya.get("/workers/?page=3&q=w").content.decode()
    assert 'id="w-w129"' in last and "101 to 130 of 130" in last
    assert b'id="w-w129"' in maya.get("/workers/?page=99").content


def test_the_order_is_in_the_address(maya, one_of_each):
    html = maya.get("/workers/?sort=name").content.decode()
    places = [html.index(f'id="w-{n}"') for n in ("back", "calm", "new", "ramp", "stage")]
    assert places == sorted(places)
    html = maya.get("/workers/?sort=deployed").content.decode()
    places = [html.index(f'id="w-{n}"') for n in ("calm", "back", "stage", "ramp", "new")]
    assert places == sorted(places)


def test_a_worker_whose_process_is_ill_comes_first(maya, one_of_each):
    live = Worker.objects.get(name="calm").deployments.newest_first().first()
    version = live.shares.get().version_id
    make_edge(status={"versions": {str(version): {"state": "hung"}}})
    html = maya.get("/workers/").content.decode()
    assert html.index('id="w-calm"') < html.index('id="w-ramp"')
    assert "hangs" in html
    assert states_of(maya, "?state=unhealthy") == ["calm"]


def test_one_that_ramps_and_is_unhealthy_is_in_both_filters(maya, one_of_each):
    live = Worker.objects.get(name="ramp").deployments.newest_first().first()
    version = live.shares.first().version_id
    make_edge(status={"versions": {str(version): {"state": "failed", "message": "no <handler>"}}})
    assert states_of(maya, "?state=unhealthy") == ["ramp"]
    assert states_of(maya, "?state=ramping") == ["ramp"]
    html = maya.get("/workers/").content.decode()
    assert "Needs attention<b>1</b>" in squeezed(html) and "Ramping<b>1</b>" in squeezed(html)
    assert "no &lt;handler&gt;" in html


def test_a_worker_whose_errors_stay_high_needs_attention(maya, one_of_each):
    version = Worker.objects.get(name="calm").versions.get(number=1)
    make_traffic("calm", 10, version_id=version.id, minutes_ago=9)
    for minutes_ago in (3, 2):
        make_traffic("calm", 10, failed=5, version_id=version.id, minutes_ago=minutes_ago)
    (flag,) = judge(timezone.now())
    html = maya.get("/workers/").content.decode()
    assert html.index('id="w-calm"') < html.index('id="w-ramp"')
    assert "10 of 20 failed (50%, 19–81%)" in html
    assert states_of(maya, "?state=unhealthy") == ["calm"]


def test_an_order_turns_round(maya, one_of_each):
    html = maya.get("/workers/?sort=name").content.decode()
    assert 'href="?sort=-name"' in html and 'aria-sort="ascending"' in html
    html = maya.get("/workers/?sort=-name").content.decode()
    places = [html.index(f'id="w-{n}"') for n in ("stage", "ramp", "new", "calm", "back")]
    assert places == sorted(places) and 'aria-sort="descending"' in html
    assert maya.get("/workers/?sort=-").status_code == 200


def test_the_hostname_is_under_the_name_unless_it_is_switched_off(maya, one_of_each):
    Worker.objects.filter(name="calm").update(subdomain_enabled=False)
    html = maya.get("/workers/?q=calm").content.decode()
    assert "service bindings only" in html and "calm.localhost" not in html
    assert "ramp.localhost" in maya.get("/workers/?q=ramp").content.decode()


def test_errors_have_counts_and_limits_however_few_the_requests(maya, one_of_each):
    for name, requests in (("ramp", 40), ("calm", 400)):
        make_traffic(name, requests, failed=4)
    html = " ".join(maya.get("/workers/").content.decode().split())
    assert '<b>4 of 40 failed</b> <span class="meta">(10%, 1.2–31%)</span>' in html
    assert '<b>4 of 400 failed</b> <span class="meta">(1%, 0.08–3.9%)</span>' in html
    assert "no requests" in html
    assert html.index('id="w-calm"') > html.index('id="w-ramp"')
    html = maya.get("/workers/?sort=errors").content.decode()
    assert html.index('id="w-ramp"') < html.index('id="w-calm"')


def cell_of(html, name):
    found = re.search(f'<td class="number error-rate" id="e-{name}">.*?</td>', html)
    return found[0] if found else ""


def test_a_roll_back_that_helped_says_what_the_rate_was(maya):
    for name, is_back in (("back", True), ("calm", False)):
        worker = make_worker(name, versions=2)
        one, two = worker.versions.order_by("number")
        make_deployment(worker, (two, 100))
        then = timezone.now() - timedelta(minutes=12)
        make_deployment(worker, (one if is_back else two, 100), now=then)
        make_traffic(name, 1000, failed=48, minutes_ago=14)
        make_traffic(name, 1000, failed=3)
    html = maya.get("/workers/").content.decode()
    cell = cell_of(html, "back")
    assert "3 of 1,000 failed" in cell and ">was 4.8%</span>" in cell
    assert "was" not in cell_of(html, "calm")
    pushed = fragments.render("workers", UpdateReason.METRICS, "back").html
    row = fragments.render("workers", UpdateReason.DEPLOYMENT, "back").html
    assert cell_of(pushed, "back") == cell_of(row, "back") == cell


def test_pushes_know_of_a_roll_back_and_of_its_end(maya):
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    make_traffic("shop", 1000, failed=48, minutes_ago=3)
    make_traffic("shop", 1000)
    then = timezone.now() - timedelta(minutes=2)
    for version, is_told in ((two, False), (one, True), (two, False)):
        make_deployment(worker, (version, 100), now=then)
        pushed = fragments.render("workers", UpdateReason.METRICS).html
        assert ("was 4.8%" in cell_of(pushed, "shop")) is is_told


def test_the_menu_stages_the_newest_and_says_what_it_replaces(maya, one_of_each):
    make_worker("ramp")
    html = " ".join(maya.get("/workers/ramp/actions/").content.decode().split())
    assert "Stage #3 at 0%" in html and "Beside #1, replaces #2, live at 5%" in html
    assert "Roll back" in html and "Live log" in html


def test_a_viewers_menu_shows_what_is_off_and_who_can(vera, one_of_each):
    make_user("jonas")
    html = vera.get("/workers/stage/actions/").content.decode()
    assert "You are a viewer. Operators: jonas." in html and 'aria-disabled="true"' in html
    assert "/workers/stage/split/" not in html


def test_a_search_costs_the_same_however_many_it_finds(maya, django_assert_max_num_queries):
    def asked():
        sparkline.forget()
        deployment_cache.forget()
        with django_assert_max_num_queries(30) as counted:
            maya.get("/workers/?q=w0")
        return len(counted)

    ramping(0, 3)
    few = asked()
    ramping(3, 90)
    assert asked() == few
