"""One Worker: what is live, its versions, its deployments."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.live.pages.fragments import UpdateReason, render
from dashboard.workers.page import views
from dashboard.workers.queries.worker_queries import timeline
from routing.snapshot import BindingSpec, Secret
from tests.factories import (
    make_deployment,
    make_draft,
    make_edge,
    make_propagation,
    make_user,
    make_version,
    make_worker,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    """#1 live at 75%, #2 at 25%, #3 rolled back, #4 never deployed."""
    worker = make_worker("shop", versions=4)
    one, two, three, _ = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    make_deployment(worker, (three, 100))
    make_deployment(worker, (one, 100), message="Sheet fails <in> Safari")
    make_deployment(worker, (two, 0), (one, 100))
    make_deployment(worker, (two, 25), (one, 75), author=make_user("jonas"))
    return worker


def read(client, path="/workers/shop/"):
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_live_card_names_versions_roles_and_percentages(maya, shop):
    html = read(maya)
    assert "Candidate #2 25%" in html and "Stable #1 75%" in html
    assert "jonas via dashboard" in html
    for share in shop.deployments.newest_first().first().shares.all():
        assert str(share.version_id) in html


def test_every_version_tells_how_it_stands(maya, shop):
    html = read(maya)
    for words in ("Live 25%", "Live 75%", "Rolled back", "Never deployed"):
        assert f"<b>{words}</b>" in html


def test_the_timeline_tells_what_each_deployment_did(maya, shop):
    html = read(maya)
    told = ["#2: 0% to 25%", "#2 staged at 0%", "Rolled back to #1", "#3 to 100%", "#1 to 100%"]
    places = [html.index(f"<b>{words}</b>") for words in told]
    assert places == sorted(places)
    assert "Sheet fails &lt;in&gt; Safari" in html


def test_a_step_down_is_told_from_a_step_up(maya, shop):
    one, two = shop.versions.get(number=1), shop.versions.get(number=2)
    make_deployment(shop, (two, 10), (one, 90))
    steps, _ = timeline(shop, size=2)
    assert [(s.kind, s.words) for s in steps] == [
        ("down", "#2: 25% to 10%"),
        ("step", "#2: 0% to 25%"),
    ]
    live_entry = read(maya).partition('class="entry entry-live"')[2]
    assert "Candidate #2 10%" in live_entry.partition("</li>")[0]


def test_the_deployment_has_the_same_age_wherever_it_is_shown(maya, shop):
    active = shop.deployments.newest_first().first()
    moment = active.created_on.isoformat(timespec="milliseconds")
    times = re.findall(rf'<time datetime="{re.escape(moment)}"[^>]*>([^<]*)</time>', read(maya))
    assert len(times) >= 2 and len(set(times)) == 1


def test_the_meter_shows_each_edge(maya, shop):
    active = shop.deployments.newest_first().first()
    make_propagation(make_edge("local-1"), active, after_ms=61)
    make_propagation(make_edge("local-2"), active, after_ms=84)
    html = read(maya)
    assert "2/2 edges on revision 5 in 84 ms" in html
    assert "local-1 has it after 61 ms" in html


def test_a_lagging_edge_is_named_with_what_it_has(maya, shop):
    make_edge("slow", applied_revision=4, last_seen_on=timezone.now() - timedelta(minutes=3))
    assert "slow still on revision 4, silent for 3 min" in read(maya)


def test_another_worker_that_cannot_start_is_no_lag_of_this_one(maya, shop):
    active = shop.deployments.newest_first().first()
    lag = {"broken": {"error": "SyntaxError", "deployment": "", "revision": 0}}
    make_edge(applied_revision=1, desired_revision=active.revision, lagging=lag)
    html = read(maya)
    assert f"1/1 edge on revision {active.revision}" in html
    assert "still answers by" not in html and "still on revision" not in html


def test_a_worker_without_deployment_says_that_nothing_is_live(maya):
    make_worker("shop")
    assert "Nothing is live" in read(maya)


def test_a_name_that_no_header_can_address_is_warned_about(maya):
    make_worker("2fa")
    assert "2fa cannot be overridden" in read(maya, "/workers/2fa/")


def test_a_viewer_sees_the_controls_off_with_the_reason(vera, shop):
    html = read(vera)
    assert "You are a viewer. Operators: jonas." in html
    assert "disabled" in html
    assert "/workers/shop/split/" not in html and "/workers/shop/rollback/" not in html


def test_uploads_are_escaped(maya):
    make_version("shop", make_draft(tag="<i>t", message='"><script>alert(1)</script>'))
    html = read(maya)
    assert "<script>alert" not in html and "<i>t" not in html


def test_a_version_kept_at_zero_after_promotion_is_not_stepped_up(maya):
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    make_deployment(worker, (two, 100), (one, 0))
    html = read(maya)
    assert "Previous #1 0%" in html and "#2 to 100%, #1 kept at 0%" in html
    assert "Step up" not in html


def test_older_deployments_are_a_page_away(maya):
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    for _ in range(12):
        make_deployment(worker, (one, 100))
        make_deployment(worker, (two, 100))
    assert read(maya).count('<li class="entry') == 12
    assert "Show all 24 deployments" in read(maya)
    everything = read(maya, "/workers/shop/deployments/")
    assert everything.count('<li class="entry') == 24


def test_queries_do_not_grow_with_versions_and_deployments(maya, django_assert_max_num_queries):
    make_edge()
    worker = make_worker("shop", versions=3)

    def count():
        with django_assert_max_num_queries(100) as counted:
            read(maya)
        return len(counted)

    one, two, three = worker.versions.order_by("number")
    for percentage in (0, 1, 5):
        make_deployment(worker, (three, percentage), (two, 100 - percentage))
    few = count()
    for i in range(27):
        newest = make_version(worker)
        make_deployment(worker, (newest, i), (one, 100 - i))
    assert count() == few <= 26


def test_a_version_has_its_own_page(maya, shop):
    version = shop.versions.get(number=4)
    html = read(maya, f"/workers/shop/versions/{version.id}/")
    assert "Version #4" in html and "index.js" in html
    assert f"Cloudflare-Workers-Version-Overrides: shop=&quot;{version.id}&quot;" in html


def test_another_workers_version_is_not_found_here(maya, shop):
    other = make_version("other")
    assert maya.get(f"/workers/shop/versions/{other.id}/").status_code == 404


def test_secrets_are_never_shown(maya):
    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("hunter2"))
    version = make_version("shop", make_draft(bindings=[secret]))
    html = read(maya, f"/workers/shop/versions/{version.id}/")
    assert "hidden" in html and "hunter2" not in html


def test_each_room_of_a_worker_has_a_tab(maya, shop):
    version = shop.versions.get(number=4)
    for path, here in (
        ("", '<a href="/workers/shop/" aria-current="page">'),
        ("rollback/", '<a href="/workers/shop/" aria-current="true">'),
        ("versions/", '<a href="/workers/shop/versions/" aria-current="page">'),
        (f"versions/{version.id}/", '<a href="/workers/shop/versions/" aria-current="true">'),
        ("observability/", '<a href="/workers/shop/observability/" aria-current="page">'),
        ("log/", '<a href="/workers/shop/log/" aria-current="page">'),
    ):
        html = read(maya, f"/workers/shop/{path}")
        assert html.count('<nav class="rooms"') == 1 and here in html
        assert '<span class="tab-count">4</span>' in html
    assert "rooms" not in read(maya, "/workers/")


def test_a_viewer_sees_the_step_off_but_may_read_its_command(vera, shop):
    html = read(vera)
    assert html.count("Step up to 50%") == 2 and "New version" in html
    two = shop.versions.get(number=2)
    assert f"{two.id}@50%" in html and "Sluice-Expected-Deployment" in html


def test_the_command_is_what_the_button_beside_it_does(maya, shop):
    two, three = shop.versions.get(number=2), shop.versions.get(number=3)
    make_deployment(shop, (two, 50), (shop.versions.get(number=1), 50))
    assert "Promote to 100%" in read(maya)
    make_deployment(shop, (three, 100))
    html = read(maya)
    assert f"{shop.versions.get(number=4).id}@0%" in html and f"{three.id}@100%" in html


def test_a_worker_without_deployment_offers_its_version_whatever_is_pushed(maya):
    make_worker("shop")
    for why in UpdateReason:
        assert "Deploy one of its versions" in render("worker:shop", why, "shop").html


def test_an_edge_that_never_came_is_told_so(maya, shop):
    make_edge("fra-2", last_seen_on=None)
    html = read(maya)
    assert "fra-2 has not connected yet" in html and "still answers by" not in html


def test_a_version_says_which_compatibility_date_it_runs_with(vera, monkeypatch):
    monkeypatch.setattr(views, "newest_date", lambda: "2026-08-10")
    older = make_version("shop")
    newer = make_version("shop", replace(make_draft(), compatibility_date="2026-08-12"))
    page = vera.get(f"/workers/shop/versions/{newer.id}/").content.decode()
    assert "2026-08-12" in page and "Runs with 2026-08-10" in page
    assert "runs-with" not in vera.get(f"/workers/shop/versions/{older.id}/").content.decode()
