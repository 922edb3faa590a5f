"""Rolling back: which versions are offered, and never the bad one."""

import pytest

from tests.dashboard.workers.deploy.forms import live, newest, post, version_id
from tests.factories import (
    make_deployment,
    make_worker,
)
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


def rolled_back(html):
    """The number of the version that the roll back form has chosen; None without a form."""
    chosen = squeezed(html).partition(" selected>#")[2].partition(" ")[0]
    return int(chosen) if chosen else None


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


def test_after_the_first_step_the_toast_leads_back_to_the_stable_version(maya, shop):
    post(maya, shop, 2, 10)
    toast = maya.get("/workers/shop/").content.decode().partition('class="toast')[2]
    assert f"rollback/?version={version_id(shop, 1)}" in toast and "Back to #1" in toast


def test_a_newer_version_is_no_roll_back(maya, shop):
    response = post(maya, shop, 3, "", form="rollback")
    assert response.status_code == 422 and b'data-problem="not_earlier"' in response.content
    assert live(shop) == [(1, 100.0)]


def test_the_way_back_stays_open_after_a_hundred_uploads(maya, shop):
    post(maya, shop, 2, 100)
    make_worker("shop", versions=101)
    html = maya.get("/workers/shop/rollback/").content.decode()
    assert rolled_back(html) == 1
    assert post(maya, shop, 1, "", form="rollback").status_code == 302
    assert (
        "Too old" not in maya.get(f"/workers/shop/versions/{version_id(shop, 1)}/").content.decode()
    )
    html = maya.get(f"/workers/shop/split/?version={version_id(shop, 3)}").content.decode()
    assert 'data-problem="too_old"' in html


def test_the_bad_version_is_never_the_way_back(maya, shop):
    """The fault: promoted, then taken back to a split, it was called stable and preselected."""
    post(maya, shop, 2, 10)
    post(maya, shop, 2, 100)
    one, two = shop.versions.get(number=1), shop.versions.get(number=2)
    make_deployment(shop, (two, 10), (one, 90))
    html = maya.get("/workers/shop/rollback/").content.decode()
    assert rolled_back(html) == 1
    page = maya.get("/workers/shop/").content.decode()
    assert "Candidate #2 10%" in page and "Stable #1 90%" in page
    assert "Rolled back before" in page and "Step up" not in page and "Step to" not in page


def test_a_second_press_of_roll_back_never_brings_a_version_back(maya, shop):
    post(maya, shop, 2, 100)
    post(maya, shop, 3, 100)
    for number in (2, 1):
        html = maya.get("/workers/shop/rollback/").content.decode()
        assert rolled_back(html) == number
        post(maya, shop, number, "", form="rollback")
    html = maya.get("/workers/shop/rollback/").content.decode()
    assert 'data-problem="no_way_back"' in html and rolled_back(html) is None
    page = maya.get("/workers/shop/").content.decode()
    assert "/workers/shop/rollback/" not in page and "Stage #3" not in page
