"""Saving, staging and deploying what was edited: nobody is overwritten."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.reviews.policies import edits
from dashboard.reviews.policies.policy import Policy, Rule, Trigger
from dashboard.reviews.proposals.models import Proposal
from routing.control.upload import draft_of
from routing.models import Deployment
from tests.dashboard.workers.editor.form import OTHER, fields, live, newest, post
from tests.factories import make_deployment, make_user, make_version, says_fine

pytestmark = pytest.mark.django_db


def test_saving_makes_a_version_that_gets_no_traffic(maya, shop):
    response = post(maya, shop)
    version = newest(shop)
    assert response["Location"] == f"/workers/shop/versions/{version.id}/"
    assert (version.number, version.tag, version.message) == (2, "v2", "Second")
    assert (version.source, version.author.username) == ("dashboard", "maya")
    assert live(shop) == [(1, 100.0)]
    draft = draft_of(version)
    assert draft.parts[0].content.decode() == OTHER
    assert draft.bindings[1].secret.reveal() == "hunter2"


def test_staging_puts_it_at_zero_beside_the_stable_version(maya, shop):
    response = post(maya, shop, act="stage")
    assert response["Location"] == "/workers/shop/"
    assert live(shop) == [(2, 0.0), (1, 100.0)]
    assert shop.deployments.newest_first().first().message == "Second"


def test_deploying_gives_it_everything(maya, shop):
    post(maya, shop, act="deploy")
    assert live(shop) == [(2, 100.0)]


@pytest.mark.parametrize("act", ["stage", "deploy"])
def test_nothing_is_saved_over_somebody_elses_deployment(maya, shop, act, runtime):
    sent = fields(shop, act=act)
    make_deployment(shop, author=make_user("jonas"))
    response = maya.post("/workers/shop/edit/", sent)
    html = response.content.decode()
    assert response.status_code == 409 and "Nothing saved. jonas deployed" in html
    assert "return new Response(&#x27;two&#x27;)" in html
    assert newest(shop).number == 1 and not runtime.called
    assert f'name="expected" value="{Deployment.objects.get(number=2).id}"' in html


def test_a_deployment_made_while_it_starts_is_a_conflict_too(maya, shop, runtime):
    def deploys_meanwhile(*args, **given):
        make_deployment(shop)
        return says_fine()

    runtime.side_effect = deploys_meanwhile
    assert post(maya, shop, act="deploy").status_code == 409
    assert newest(shop).number == 1


def test_staging_that_comes_too_late_says_that_the_version_is_there(maya, shop, runtime):
    def deploys_meanwhile(*args, **given):
        make_deployment(shop)
        return says_fine()

    runtime.side_effect = deploys_meanwhile
    response = maya.post("/workers/shop/edit/", fields(shop, act="stage"), follow=True)
    assert b"Saved #2, but not staged." in response.content
    assert live(shop) == [(1, 100.0)]


def test_an_upload_made_meanwhile_is_said_once(maya, shop):
    sent = fields(shop)
    make_version("shop", now=timezone.now() + timedelta(seconds=1))
    response = maya.post("/workers/shop/edit/", sent)
    assert response.status_code == 409 and b"Meanwhile version #2" in response.content
    sent["latest"] = str(newest(shop).id)
    assert maya.post("/workers/shop/edit/", sent).status_code == 302
    assert newest(shop).number == 3


def test_with_scripts_the_answer_leads_on(maya, shop):
    headers = {"HX-Request": "true", "HX-Target": "editor"}
    response = maya.post("/workers/shop/edit/", fields(shop), headers=headers)
    assert response["HX-Redirect"] == f"/workers/shop/versions/{newest(shop).id}/"


def test_staging_over_a_candidate_with_traffic_asks_first(maya, shop):
    one = shop.versions.get(number=1)
    two = make_version(shop)
    make_deployment(shop, (two, 30), (one, 70))
    refused = post(maya, shop, act="stage")
    assert refused.status_code == 422 and b"#2 is live at 30%" in refused.content
    assert f'name="replace" value="{two.id}"' in refused.content.decode()
    assert shop.versions.count() == 2
    assert post(maya, shop, act="stage", replace=str(two.id)).status_code == 302
    live = shop.deployments.newest_first().first().shares.values_list("version__number", "weight")
    assert list(live) == [(3, 0), (1, 100_000)]


@pytest.mark.parametrize("act", ["stage", "deploy"])
def test_a_policy_turns_it_into_a_review_and_the_version_is_there(maya, shop, act):
    rules = Policy((Rule(Trigger.STAGE), Rule(Trigger.ABOVE)))
    edits.save(shop, lambda _: rules, Actor(None, "shell", timezone.now()))
    response = post(maya, shop, act=act)
    proposal = Proposal.objects.get()
    assert response.url == reverse("reviews:detail", args=[proposal.pk])
    assert newest(shop).number == 2 and live(shop) == [(1, 100.0)]
