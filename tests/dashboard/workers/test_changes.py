"""Staging, stepping, promoting, rolling back: by plain forms, never over somebody else's head."""

import pytest

from routing.models import Deployment
from tests.factories import make_deployment, make_user, make_version, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    """#1 live alone, #2 and #3 uploaded."""
    worker = make_worker("shop", versions=3)
    make_deployment(worker, (worker.versions.get(number=1), 100))
    return worker


def version_id(worker, number):
    return str(worker.versions.get(number=number).id)


def live(worker):
    """The live split as (number, percentage) in the stored order, with its message."""
    active = worker.deployments.newest_first().first()
    return [(s.version.number, s.percentage) for s in active.shares.select_related("version")]


def newest(worker) -> Deployment:
    return worker.deployments.newest_first().first()


def post(client, worker, number, percentage, form="split", **fields):
    body = {
        "version": version_id(worker, number),
        "percentage": percentage,
        "expected": str(newest(worker).id),
    }
    return client.post(f"/workers/shop/{form}/", body | fields)


def test_a_version_is_staged_at_zero_in_one_step(maya, shop):
    response = post(maya, shop, 2, 0)
    assert response["Location"] == "/workers/shop/"
    assert live(shop) == [(2, 0.0), (1, 100.0)]
    toast = maya.get("/workers/shop/").content.decode()
    assert "Live: candidate 0%, stable 100%." in toast


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


def test_rolling_back_keeps_the_reason(maya, shop):
    post(maya, shop, 2, 100)
    response = post(maya, shop, 1, "", form="rollback", message="Bad signature")
    assert response.status_code == 302
    assert live(shop) == [(1, 100.0)]
    assert newest(shop).is_rollback and newest(shop).message == "Bad signature"


def test_rolling_back_offers_the_stable_version_during_a_ramp(maya, shop):
    post(maya, shop, 2, 25)
    html = maya.get("/workers/shop/rollback/").content.decode()
    assert "Roll back to #1" in html


def test_rolling_back_offers_the_version_that_held_everything_before(maya, shop):
    post(maya, shop, 2, 100)
    assert "Roll back to #1" in maya.get("/workers/shop/rollback/").content.decode()


def test_without_a_way_back_that_is_said(maya, shop):
    response = maya.get("/workers/shop/rollback/", follow=True)
    assert b"Nothing to roll back to" in response.content


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


def test_somebody_elses_deployment_is_never_overwritten(maya, shop):
    opened = str(newest(shop).id)
    one, two = shop.versions.get(number=1), shop.versions.get(number=2)
    jonas = make_user("jonas")
    make_deployment(shop, (two, 5), (one, 95), author=jonas, message="Start <small>")
    response = post(maya, shop, 2, 10, expected=opened)
    html = response.content.decode()
    assert response.status_code == 409
    assert live(shop) == [(2, 5.0), (1, 95.0)]
    assert "Not deployed. jonas deployed" in html
    assert "Start &lt;small&gt;" in html
    labels = ["Stable 100%", "Candidate 5%, stable 95%", "Candidate 10%, stable 90%"]
    places = [html.index(f'aria-label="{label}"') for label in labels]
    assert places == sorted(places)
    assert f"version={two.id}&amp;percentage=10" in html


def test_a_rollback_conflicts_as_well(maya, shop):
    post(maya, shop, 2, 100)
    opened = str(newest(shop).id)
    make_deployment(shop, (shop.versions.get(number=3), 100))
    response = post(maya, shop, 1, "", form="rollback", expected=opened)
    assert response.status_code == 409
    assert live(shop) == [(3, 100.0)]


def test_an_expected_id_that_is_none_is_a_conflict(maya, shop):
    assert post(maya, shop, 2, 0, expected="nonsense").status_code == 409
    assert post(maya, shop, 2, 0, expected="").status_code == 409
    assert live(shop) == [(1, 100.0)]


@pytest.mark.parametrize("form", ["split", "rollback"])
def test_a_viewer_is_told_who_can(vera, shop, form):
    make_user("jonas")
    response = post(vera, shop, 2, 0, form=form)
    assert response.status_code == 403
    words = b">You are a viewer. Operators: jonas. This needs the operator role (403).<"
    assert words in response.content
    assert vera.get(f"/workers/shop/{form}/").status_code == 403
    assert live(shop) == [(1, 100.0)]


def test_the_form_shows_before_after_and_the_commands(maya, shop):
    url = f"/workers/shop/split/?version={version_id(shop, 2)}&percentage=10&message=it's"
    html = maya.get(url).content.decode()
    assert 'aria-label="Stable 100%"' in html
    assert 'aria-label="Candidate 10%, stable 90%"' in html
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
    assert f'name="version" value="{version_id(shop, 3)}"' in html
