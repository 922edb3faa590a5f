"""Every page of a Worker has the same head, and what is live in view with the way back."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.accounts.models import Role
from routing.models import Worker
from tests.factories import make_deployment, make_draft, make_user, make_version, make_worker

TABS = [
    "",
    "rollouts/",
    "checks/",
    "versions/",
    "observability/",
    "invocations/",
    "log/",
    "settings/",
]
OTHERS = ["deployments/", "split/", "edit/"]


@pytest.fixture
def shop(db) -> Worker:
    """#2 v1.42.0 has 25%, #1 the rest."""
    worker = make_worker("shop")
    one = worker.versions.get()
    make_deployment(worker, (one, 100))
    make_deployment(worker, (make_version(worker, make_draft(tag="v1.42.0")), 25), (one, 75))
    return worker


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("path", TABS)
def test_a_tab_is_headed_by_the_worker_and_marked_once(maya, shop, path):
    html = maya.get(f"/workers/shop/{path}").content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", html) == ["shop"]
    rooms = html[html.index('class="rooms"') :].split("</nav>")[0]
    assert rooms.count('aria-current="page"') == 1
    assert [w for w in re.findall(r">\s*([A-Z][a-z]+(?: log)?)", rooms)] == [
        *(
            "Deployments",
            "Rollout",
            "Checks",
            "Versions",
            "Observability",
            "Invocations",
            "Live log",
        ),
        "Schedules",
        "Conversation",
        "Settings",
    ]
    assert f'href="/workers/shop/{path}" aria-current="page"' in rooms
    assert "Send a request" in html and "Ramping 25%" in html and "shop.localhost" in html


@pytest.mark.parametrize("path", [*TABS[1:], *OTHERS])
def test_the_strip_names_both_versions_and_has_the_way_back(maya, shop, path):
    html = maya.get(f"/workers/shop/{path}").content.decode()
    assert html.count('id="live-strip"') == 1 and html.count('aria-label="Live now"') == 1
    strip = html[html.index('id="live-strip"') :].split("</section>")[0]
    assert "LIVE Candidate #2 v1.42.0 25% Stable #1 75%" in words(strip)
    assert 'href="/workers/shop/rollback/"' in strip
    assert html.count('data-follow="worker:shop"') >= 1


def test_the_deployments_view_has_the_card_and_a_roll_back_form_no_second_one(maya, shop):
    html = maya.get("/workers/shop/").content.decode()
    assert "live-strip" not in html and html.count('id="live"') == 1
    form = maya.get("/workers/shop/rollback/").content.decode()
    strip = form[form.index('id="live-strip"') :].split("</section>")[0]
    assert "Roll back" not in strip and 'id="dialog"' not in form


def test_without_a_way_back_the_strip_offers_none(maya, shop):
    lone = make_worker("lone", versions=2)
    make_deployment(lone, (lone.versions.get(number=1), 100))
    make_deployment(lone, (lone.versions.get(number=2), 0), (lone.versions.get(number=1), 100))
    html = maya.get("/workers/lone/versions/").content.decode()
    strip = html[html.index('id="live-strip"') :].split("</section>")[0]
    assert "Candidate #2" in words(strip) and "Roll back" not in strip


def test_a_viewer_sees_who_can_roll_back(client, shop):
    client.force_login(make_user("vera", Role.VIEWER))
    make_user("maya", Role.OPERATOR)
    html = client.get("/workers/shop/versions/").content.decode()
    strip = html[html.index('id="live-strip"') :].split("</section>")[0]
    assert 'disabled aria-describedby="why-not"' in strip
    assert html.count('id="why-not"') == 1 and "maya" in html


def test_pages_of_no_worker_have_no_head(maya, shop):
    for path in ("/workers/", "/invocations/", "/observability/", "/workers/new/"):
        assert "worker-head" not in maya.get(path).content.decode()


def test_the_head_costs_the_same_for_3_and_60_versions(maya):
    asked = {}
    for name, count in (("few", 3), ("many", 60)):
        worker = make_worker(name, versions=count)
        make_deployment(worker, (worker.versions.newest_first().first(), 100))
        maya.get(f"/workers/{name}/invocations/")
        with CaptureQueriesContext(connection) as queries:
            maya.get(f"/workers/{name}/invocations/")
        asked[name] = len(queries)
    assert asked["few"] == asked["many"] <= 19
