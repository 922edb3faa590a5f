"""The pages of a remote rollout: start, watch, act, approve."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.notifications.events import Event
from dashboard.notifications.models import OutboxEvent
from dashboard.reviews.policies.edits import save
from dashboard.reviews.policies.policy import Rule, Trigger
from dashboard.rollouts.remote import messages
from dashboard.rollouts.remote.models import RemoteApproval, RemoteRollout
from tests.dashboard.rollouts.remote.test_story import ramping, staged
from tests.factories import make_user

LIST = "/cloudflare/shop-prod/workers/shop/rollouts/"
FIELDS = {"steps": "10:2m,100", "final_bake": "1m", "on_harm": "abort", "min_sample": "50"}


def one_approval():
    def change(policy):
        return policy.with_rule(Rule(Trigger.FULL, approvals=1))

    save(None, change, Actor(None, "shell", timezone.now()))


def test_the_form_starts_a_rollout_and_leads_to_its_page(maya, shop):
    page = maya.get(LIST)
    assert page.status_code == 200 and shop.candidate.encode() in page.content
    sent = {**FIELDS, "version": shop.candidate, "expected": page.context["live_id"]}
    answer = maya.post(LIST, sent)
    rollout = RemoteRollout.objects.get()
    assert answer.status_code == 302 and answer["Location"] == rollout.get_absolute_url()
    assert rollout.plan["steps"][0]["percentage"] == "10" and rollout.owner.username == "maya"
    assert maya.get(answer["Location"]).status_code == 200
    assert maya.post(LIST, sent)["Location"] == rollout.get_absolute_url()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"steps": "x"}, "steps"), ({"min_sample": "?"}, "min_sample"), ({"checks": "}"}, "checks")],
)
def test_a_wrong_field_is_named_and_nothing_is_lost(maya, shop, wrong, field):
    page = maya.post(LIST, {**FIELDS, "version": shop.candidate, **wrong})
    assert page.status_code == 422 and field in page.context["errors"]
    assert RemoteRollout.objects.count() == 0 and page.context["form"].final_bake == "1m"


def test_a_viewer_starts_and_changes_nothing(vera, shop):
    assert vera.post(LIST, {**FIELDS, "version": shop.candidate}).status_code == 403
    rollout = staged(shop)
    assert vera.post(f"{rollout.get_absolute_url()}abort/").status_code == 403
    assert b"disabled" in vera.get(rollout.get_absolute_url()).content


def test_the_page_says_until_when_counts_are_known(maya, shop):
    ramping(shop)
    shop.look(60, times=6)
    shop.traffic(100, 900, minutes_ago=3)
    cache.clear()
    page = maya.get(shop.rollout().get_absolute_url())
    names = [guardrail.name for guardrail in page.context["page"].guardrails]
    assert names == ["Runtime failures", "Failure limit", "5xx answers"]
    known = {one.name: one for one in page.context["page"].known}
    assert known["Requests and failures"].as_of < timezone.now()
    assert b'data-known="arrived"' in page.content


def test_the_polled_part_brings_new_buttons_only_when_the_rollout_moved(maya, shop):
    rollout = ramping(shop)
    for turn, new in ((rollout.turn, False), (rollout.turn - 1, True)):
        answer = maya.get(
            f"{rollout.get_absolute_url()}?turn={turn}", headers={"HX-Request": "true"}
        )
        assert (b'hx-swap-oob="true"' in answer.content) is new and b"<html" not in answer.content


def test_an_action_on_an_old_page_is_refused_with_409(maya, shop):
    rollout = ramping(shop)
    address = f"{rollout.get_absolute_url()}hold/"
    assert maya.post(address, {"turn": "0"}).status_code == 409
    assert maya.post(address, {"turn": str(rollout.turn)}).status_code == 302
    assert shop.rollout().state == "held"


def test_the_policy_asks_for_an_approval_which_is_advisory(maya, shop, client):
    one_approval()
    rita = make_user("rita", Role.REVIEWER)
    shop.start()
    rollout = shop.look(61, times=3)
    assert (rollout.state, rollout.reason) == ("review", "waits_for_review")
    page = maya.get(rollout.get_absolute_url())
    assert b'data-advisory="yes"' in page.content
    client.force_login(rita)
    assert b'data-waits-for-me="yes"' in client.get("/reviews/").content
    assert b'data-waits-for-me="no"' in maya.get("/reviews/").content
    [asked] = OutboxEvent.objects.filter(code=Event.REVIEW_REQUESTED)
    assert asked.people == [rita.pk] and asked.link == rollout.get_absolute_url()
    address = f"{rollout.get_absolute_url()}decide/"
    client.post(address, {"kind": "approve", "comment": "Fine"})
    assert RemoteApproval.objects.get().comment == "Fine"
    assert shop.look().state == "ramping"


def test_own_changes_and_low_roles_cannot_approve(maya, shop, client):
    one_approval()
    shop.maya.role = Role.REVIEWER
    shop.maya.save()
    rollout = shop.start()
    client.force_login(shop.maya)
    client.post(f"{rollout.get_absolute_url()}decide/", {"kind": "approve"})
    maya.post(f"{rollout.get_absolute_url()}decide/", {"kind": "approve"})
    assert RemoteApproval.objects.count() == 0


def test_a_rejection_holds(maya, shop, client):
    one_approval()
    shop.start()
    rollout = shop.look(61, times=3)
    client.force_login(make_user("rita", Role.REVIEWER))
    client.post(f"{rollout.get_absolute_url()}decide/", {"kind": "reject"})
    assert shop.look().hold == "review_rejected"


def test_an_account_with_a_running_rollout_stays_connected(root, shop):
    shop.start()
    root.post("/cloudflare/shop-prod/disconnect/")
    assert RemoteRollout.objects.count() == 1
    shop.do("abort")
    root.post("/cloudflare/shop-prod/disconnect/")
    assert RemoteRollout.objects.count() == 0


def test_the_list_of_rollouts_has_it(maya, shop):
    rollout = staged(shop)
    assert rollout.get_absolute_url().encode() in maya.get("/rollouts/").content
    assert rollout.get_absolute_url().encode() not in maya.get("/rollouts/?show=ended").content


def test_nothing_is_said_to_have_arrived_before_its_result_is_known(maya, shop, monkeypatch):
    rollout = shop.start()

    def arrived():
        return maya.get(rollout.get_absolute_url()).context["page"].known[0].words

    assert arrived() == messages.ARRIVAL["none"]
    with monkeypatch.context() as dead:
        dead.setattr("dashboard.rollouts.remote.deploying.send", lambda *_: None)
        shop.look()
    assert arrived() == messages.ARRIVAL["pending"]
    cache.clear()
    assert b'id="change"' not in maya.get("/cloudflare/shop-prod/workers/shop/").content
