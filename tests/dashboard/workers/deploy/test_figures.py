"""Traffic and errors of both versions, in the forms and on the page."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.observability.models import Flag
from tests.dashboard.workers.deploy.forms import newest, post, version_id
from tests.factories import (
    make_deployment,
    make_traffic,
)

pytestmark = pytest.mark.django_db


def figures(html, number):
    """The row of one version in the figures, without its markup."""
    row = html.partition(f'data-figures="{number}"')[2].partition("</tr>")[0]
    return " ".join(re.sub("<[^>]*>|>", " ", row).split())


@pytest.fixture
def ramp(shop):
    """#2 at 10% fails 16 of 55, #1 at 90% none of 400."""
    one, two = shop.versions.get(number=1), shop.versions.get(number=2)
    made = make_deployment(shop, (two, 10), (one, 90))
    make_traffic("shop", 55, 16, version_id=two.id, deployment_id=made.id)
    make_traffic("shop", 400, version_id=one.id, deployment_id=made.id)
    return shop


@pytest.mark.parametrize("path", ["split/?percentage=25", "split/?percentage=100", "rollback/"])
def test_both_versions_figures_are_in_the_dialog(maya, ramp, path):
    html = maya.get(f"/workers/shop/{path}").content.decode()
    assert "16 of 55 failed (29%, 13–51%)" in figures(html, 2)
    assert "0 failed, under 1.6%" in figures(html, 1) and "12 ms" in figures(html, 1)
    assert "Nothing was counted yet." in html  # no edge has sent a batch


def test_a_conflict_has_the_figures_of_what_is_live(maya, ramp):
    html = post(maya, ramp, 2, 50, expected="").content.decode()
    assert "16 of 55 failed (29%, 13–51%)" in figures(html, 2)


def test_a_red_candidate_makes_roll_back_the_first_button(maya, ramp):
    Flag.objects.create(
        worker="shop",
        version_id=version_id(ramp, 2),
        deployment_id=str(newest(ramp).id),
        rule=Flag.Rule.STABLE,
        **dict(failing=16, callers=55, compared_failing=0, compared_callers=400, unknown=0),
        raised_at=timezone.now(),
    )
    for path in ("split/?percentage=25", "split/?percentage=100"):
        html = maya.get(f"/workers/shop/{path}").content.decode()
        foot = html.partition("dialog-foot")[2]
        assert "Roll back to #1" in foot and "button-primary" not in foot.partition("</form>")[0]
    page = maya.get("/workers/shop/").content.decode()
    actions = page.partition('id="live-actions"')[2].partition("live-bar")[0]
    assert actions.index("Roll back") < actions.index("Step up to 25%")
    assert "button-abort" in actions and "button-primary" not in actions


def test_a_healthy_candidate_keeps_the_step_the_first_button(maya, shop):
    post(maya, shop, 2, 10)
    foot = maya.get("/workers/shop/split/?percentage=25").content.decode().partition("dialog-foot")
    assert "Roll back" not in foot[2] and "button-primary" in foot[2]


def test_the_version_to_go_back_to_shows_what_it_did_before_it_left(maya, shop):
    one, two = shop.versions.get(number=1), shop.versions.get(number=2)
    make_deployment(shop, (two, 100), now=timezone.now() - timedelta(minutes=30))
    make_traffic("shop", 200, 1, version_id=one.id, minutes_ago=32)
    html = maya.get("/workers/shop/rollback/").content.decode()
    assert "1 of 200 failed (0.5%" in figures(html, 1)
    assert "before it left, 30 min ago" in figures(html, 1) and "not live" in figures(html, 1)
