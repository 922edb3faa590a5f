"""A form never overwrites a deployment that was made while it was open."""

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
    labels = ["Stable #1 100%", "Candidate #2 5%, stable #1 95%", "Candidate #2 10%, stable #1 90%"]
    panel = html[html.index('id="conflict"') :]
    places = [panel.index(f'aria-label="{label}"') for label in labels]
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
def test_a_form_of_a_deployment_that_never_was_conflicts(maya, form):
    worker = make_worker("shop")
    fields = {"version": version_id(worker, 1), "percentage": "100", "expected": "nonsense"}
    response = maya.post(f"/workers/shop/{form}/", fields)
    assert response.status_code == 409 and b"Nothing is live" in response.content
    assert not worker.deployments.exists()


def test_starting_again_keeps_the_version_that_was_asked_for(maya, shop):
    """Open a form for #2; meanwhile #2 is promoted and CI uploads #4; send; start again."""
    opened = str(newest(shop).id)
    two = shop.versions.get(number=2)
    make_deployment(shop, (two, 100), author=make_user("jonas"))
    make_version(shop)
    html = post(maya, shop, 2, 10, expected=opened, message="Mine").content.decode()
    assert 'aria-label="Candidate #2 10%, stable #1 90%"' in html  # what was asked for, as it was
    assert 'data-problem="stable"' in html  # and what became of it
    again = html.partition(f"?version={two.id}&amp;percentage=10&amp;message=Mine")[1]
    assert again
    html = maya.get(f"/workers/shop/split/{again.replace('&amp;', '&')}").content.decode()
    assert 'data-problem="stable"' in html and "jonas deployed that" in squeezed(html)
    assert version_id(shop, 4) not in html.partition('id="split-form"')[2]  # nothing is proposed
    assert live(shop) == [(2, 100.0)]


def test_a_form_whose_version_became_stable_makes_room(maya, shop):
    headers = {"HX-Request": "true", "HX-Target": "after"}
    url = f"/workers/shop/split/?version={version_id(shop, 1)}&percentage=25"
    response = maya.get(url, headers=headers)
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#split-form", "outerHTML")
