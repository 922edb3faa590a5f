"""Staging, stepping, promoting, rolling back: by plain forms, never over somebody else's head."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.observability.models import Flag
from routing.models import Deployment
from routing.snapshot import BindingSpec, Secret
from tests.factories import (
    make_deployment,
    make_draft,
    make_traffic,
    make_user,
    make_version,
    make_worker,
)
from tests.markup import squeezed

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


def test_after_the_first_step_the_toast_leads_back_to_the_stable_version(maya, shop):
    post(maya, shop, 2, 10)
    toast = maya.get("/workers/shop/").content.decode().partition('class="toast')[2]
    assert f"rollback/?version={version_id(shop, 1)}" in toast and "Back to #1" in toast


def test_what_a_form_says_of_after_is_what_is_live_then(maya, shop):
    """Promoted, then the predecessor gets traffic again: it is stable, before as after."""
    post(maya, shop, 2, 100)
    url = f"/workers/shop/split/?version={version_id(shop, 1)}&percentage=90"
    label = 'aria-label="Candidate #2 10%, stable #1 90%"'
    assert label in maya.get(url).content.decode()
    post(maya, shop, 1, 90)
    page = maya.get("/workers/shop/").content.decode()
    assert label in page and "Live: candidate #2 10%, stable #1 90%." in page


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


def rolled_back(html):
    """The number of the version that the roll back form has chosen; None without a form."""
    chosen = squeezed(html).partition(" selected>#")[2].partition(" ")[0]
    return int(chosen) if chosen else None


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


@pytest.fixture
def rekeyed(db):
    """#2 live with another value of API_KEY than #1, and with TOKEN, which #1 has not."""

    def draft(**secrets):
        bindings = [
            BindingSpec(name=name, type="secret_text", secret=Secret(text))
            for name, text in secrets.items()
        ]
        return make_draft(bindings=bindings)

    worker = make_version("shop", draft(API_KEY="one")).worker
    make_deployment(worker)
    make_version("shop", draft(API_KEY="two", TOKEN="x"))
    return worker


@pytest.mark.parametrize(("form", "percentage"), [("rollback", ""), ("split", "1")])
def test_going_back_to_other_secrets_takes_one_consent(maya, rekeyed, form, percentage):
    make_deployment(rekeyed, (rekeyed.versions.get(number=2), 100))
    query = f"?version={version_id(rekeyed, 1)}&percentage={percentage}"
    html = maya.get(f"/workers/shop/{form}/{query}").content.decode()
    assert 'data-consent="1"' in html and "API_KEY" in html and "TOKEN" in html
    assert html.count('name="consent"') == 1 and "force=true" in html
    before = live(rekeyed)
    refused = post(maya, rekeyed, 1, percentage, form=form)
    assert refused.status_code == 422 and live(rekeyed) == before
    other = post(maya, rekeyed, 1, percentage, form=form, consent=version_id(rekeyed, 2))
    assert other.status_code == 422 and live(rekeyed) == before
    done = post(maya, rekeyed, 1, percentage, form=form, consent=version_id(rekeyed, 1))
    assert done.status_code == 302 and live(rekeyed) != before


def test_going_forward_to_other_secrets_is_shown_only(maya, rekeyed):
    html = maya.get(f"/workers/shop/split/?version={version_id(rekeyed, 2)}&percentage=5").content
    assert b"#2 brings other secrets than #1" in html and b'name="consent"' not in html
    assert post(maya, rekeyed, 2, 5).status_code == 302
    assert post(maya, rekeyed, 2, 25).status_code == 302


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
