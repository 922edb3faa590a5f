"""Staging, stepping and promoting, by plain forms."""

import pytest

from tests.dashboard.workers.deploy.forms import live, newest, post, version_id
from tests.factories import (
    make_deployment,
    make_user,
    make_version,
    make_worker,
)
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


def test_a_version_is_staged_at_zero_in_one_step(maya, shop):
    response = post(maya, shop, 2, 0)
    assert response["Location"] == "/workers/shop/"
    assert live(shop) == [(2, 0.0), (1, 100.0)]
    toast = maya.get("/workers/shop/").content.decode()
    assert "Live: candidate #2 0%, stable #1 100%." in toast


def test_a_step_keeps_the_stored_order(maya, shop):
    one, two = shop.versions.get(number=1), shop.versions.get(number=2)
    make_deployment(shop, (one, 100), (two, 0))
    post(maya, shop, 2, "12.5", message="First real traffic")
    assert live(shop) == [(1, 87.5), (2, 12.5)]
    assert newest(shop).message == "First real traffic"
    assert newest(shop).author.username == "maya"
    assert newest(shop).source == "dashboard"


def test_promoting_leaves_one_version(maya, shop):
    post(maya, shop, 2, 0)
    post(maya, shop, 2, 100)
    assert live(shop) == [(2, 100.0)]
    assert not newest(shop).is_rollback


def test_promoting_can_keep_the_old_version_at_zero(maya, shop):
    post(maya, shop, 2, 100, keep="on")
    assert live(shop) == [(2, 100.0), (1, 0.0)]


def test_staging_another_version_replaces_the_candidate(maya, shop):
    post(maya, shop, 2, 25)
    post(maya, shop, 3, 0)
    assert live(shop) == [(3, 0.0), (1, 100.0)]


def test_the_first_deployment_gives_everything(maya):
    worker = make_worker("shop")
    body = {"version": version_id(worker, 1), "percentage": "100", "expected": ""}
    assert maya.post("/workers/shop/split/", body).status_code == 302
    assert live(worker) == [(1, 100.0)]


@pytest.mark.parametrize("percentage", ["-1", "101", "abc", "1e1", "5.1234", "٥", "NaN"])
def test_a_number_that_is_no_percentage_changes_nothing(maya, shop, percentage):
    response = post(maya, shop, 2, percentage)
    assert response.status_code == 422
    assert b"Nothing changed" in response.content
    assert live(shop) == [(1, 100.0)]


def test_what_was_typed_is_escaped(maya, shop):
    response = post(maya, shop, 2, '"><script>', message="<script>")
    assert b'<script>"' not in response.content and b'"><script>' not in response.content


def test_another_workers_version_is_not_taken(maya, shop):
    stranger = make_version("other")
    fields = {"version": str(stranger.id), "percentage": "0", "expected": str(newest(shop).id)}
    maya.post("/workers/shop/split/", fields)
    assert stranger.id not in [s.version_id for s in newest(shop).shares.all()]


@pytest.mark.parametrize("form", ["split", "rollback"])
def test_a_viewer_is_told_who_can(vera, shop, form):
    make_user("jonas")
    response = post(vera, shop, 2, 0, form=form)
    assert response.status_code == 403
    words = ">You are a viewer. Operators: jonas. This needs the operator role (403).<"
    assert words in squeezed(response.content.decode())
    assert vera.get(f"/workers/shop/{form}/").status_code == 403
    assert live(shop) == [(1, 100.0)]


def test_the_form_shows_before_after_and_the_commands(maya, shop):
    url = f"/workers/shop/split/?version={version_id(shop, 2)}&percentage=10&message=it's"
    html = maya.get(url).content.decode()
    assert 'aria-label="Stable #1 100%"' in html
    assert 'aria-label="Candidate #2 10%, stable #1 90%"' in html
    assert "Deploy 10% / 90%" in html
    assert f"{version_id(shop, 2)}@10%" in html
    assert str(newest(shop).id)[:8] in html


def test_the_preview_is_a_fragment_with_the_buttons_new_words(maya, shop):
    url = f"/workers/shop/split/?version={version_id(shop, 2)}&percentage=25"
    html = maya.get(url, headers={"HX-Request": "true"}).content.decode()
    assert html.strip().startswith('<div id="after"')
    assert 'hx-swap-oob="true">Deploy 25% / 75%' in html


def test_the_stable_version_itself_cannot_be_the_candidate(maya, shop):
    html = maya.get(f"/workers/shop/split/?version={version_id(shop, 1)}").content.decode()
    assert 'data-problem="stable"' in html and "#1 is the stable version now, at 100%" in html
    assert 'id="percentage"' not in html


@pytest.mark.parametrize("percentage", ["10", "100", "0", ""])
def test_a_form_for_the_stable_version_never_deploys_another(maya, shop, percentage):
    response = post(maya, shop, 1, percentage)
    assert response.status_code == 422 and b'data-problem="stable"' in response.content
    assert live(shop) == [(1, 100.0)] and shop.deployments.count() == 1


@pytest.mark.parametrize("form", ["split", "rollback"])
@pytest.mark.parametrize(
    ("version", "problem"),
    [("", "missing"), ("nonsense", "unknown"), ("00000000-0000-4000-8000-000000000000", "unknown")],
)
def test_a_version_that_is_none_is_refused_by_name(maya, shop, form, version, problem):
    make_deployment(shop, (shop.versions.get(number=2), 100))
    fields = {"version": version, "percentage": "10", "expected": str(newest(shop).id)}
    response = maya.post(f"/workers/shop/{form}/", fields)
    assert response.status_code == 422
    assert f'data-problem="{problem}"' in response.content.decode()
    assert live(shop) == [(2, 100.0)]


def test_an_empty_percentage_is_refused(maya, shop):
    assert post(maya, shop, 2, "").status_code == 422
    assert live(shop) == [(1, 100.0)]


def test_what_a_form_says_of_after_is_what_is_live_then(maya, shop):
    """Promoted, then the predecessor gets traffic again: it is stable, before as after."""
    post(maya, shop, 2, 100)
    url = f"/workers/shop/split/?version={version_id(shop, 1)}&percentage=90"
    label = 'aria-label="Candidate #2 10%, stable #1 90%"'
    assert label in maya.get(url).content.decode()
    post(maya, shop, 1, 90)
    page = maya.get("/workers/shop/").content.decode()
    assert label in page and "Live: candidate #2 10%, stable #1 90%." in page


def test_the_form_is_armed_once_something_would_change(maya, shop):
    make_deployment(shop, (shop.versions.get(number=2), 10), (shop.versions.get(number=1), 90))
    html = squeezed(maya.get("/workers/shop/split/").content.decode())
    assert "data-send disabled" in html and 'data-armed="no"' in html
    html = squeezed(maya.get("/workers/shop/split/?percentage=25").content.decode())
    assert "data-send disabled" not in html and 'data-armed="yes"' in html


def test_staging_over_a_candidate_with_traffic_asks_first(maya, shop):
    post(maya, shop, 2, 30)
    menu = f"/workers/shop/versions/{version_id(shop, 3)}/menu/"
    asks = f"/workers/shop/split/?version={version_id(shop, 3)}&amp;percentage=0"
    for path in (menu, "/workers/shop/actions/", f"/workers/shop/versions/{version_id(shop, 3)}/"):
        html = maya.get(path).content.decode()
        assert asks in html and f'value="{version_id(shop, 3)}"' not in html, path
    html = maya.get(asks.replace("&amp;", "&")).content.decode()
    assert "#2, live at 30%, is replaced" in html
    post(maya, shop, 2, 0)
    html = maya.get(menu).content.decode()
    assert asks not in html and f'value="{version_id(shop, 3)}"' in html
