"""Every misbehavior of the other side in turn: no wrong claim, and nothing is sent twice."""

import pytest
from django.utils import timezone

from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.readings import FIGURES, LOGS, live_freshness
from dashboard.egress.client import SendFailed
from dashboard.rollouts.decisions.values import enter_step
from dashboard.rollouts.remote.deploying import deploy
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.observation import LOGS_FACTOR
from dashboard.rollouts.remote.pages.buttons import buttons_of
from dashboard.rollouts.remote.story import Moved
from routing.models import Deployment
from tests.dashboard.rollouts.remote.test_story import ramping, staged
from tests.factories import make_edge, make_invocation


def test_a_lost_answer_is_read_back_and_not_repeated(shop, misbehave):
    shop.start()
    misbehave(lost_answer_seconds=0)
    rollout = shop.look()
    assert rollout.state == "waiting" and shop.writes() == 1
    assert rollout.deployment_id == str(Deployment.objects.newest_first()[0].id)


def test_an_answer_that_is_lost_with_its_deployment_is_given_up_not_repeated(shop, monkeypatch):
    """The process died after it had stored its intent: whether it sent it is not known."""
    ramping(shop)
    with monkeypatch.context() as dead:
        dead.setattr("dashboard.rollouts.remote.deploying.send", lambda *_: None)
        rollout = shop.do("step")
    assert rollout.pending and rollout.reason == "deploying"
    writes = shop.writes()
    assert shop.look(20).reason == "unsure"
    assert shop.look(30).state == "ramping" and shop.rollout().weight == 10_000
    rollout = shop.look(60)
    assert (rollout.state, rollout.hold, rollout.pending) == ("held", "deploy_lost", None)
    assert shop.writes() == writes and shop.live()[shop.candidate] == 10
    assert shop.codes().count("unsure") == 1


def test_a_rollback_without_a_trace_needs_attention_and_a_person_sends_it_again(shop, monkeypatch):
    ramping(shop)
    with monkeypatch.context() as dead:
        dead.setattr("dashboard.rollouts.remote.deploying.send", lambda *_: None)
        assert shop.do("abort").state == "rolling_back"
    writes = shop.writes()
    rollout = shop.look(31, times=4)
    assert (rollout.state, rollout.reason) == ("needs_attention", "deploy_lost")
    assert shop.writes() == writes
    shop.do("abort")
    assert shop.live() == {shop.stable: 100} and shop.writes() == writes + 1


def test_a_deployment_between_read_and_write_holds_and_says_who(shop, misbehave):
    ramping(shop)
    misbehave(
        deploy_before_write={"versions": [[shop.stable, 100]], "message": "By hand"},
    )
    rollout = shop.do("step")
    assert rollout.state == "held" and rollout.hold == "overwrote"
    assert rollout.facts["via"] == "wrangler" and shop.live() == {shop.candidate: 100}
    verbs = [button.verb for button in buttons_of(rollout)]
    assert verbs == ["resume", "leave", "abort"] and shop.look().reason == "overwrote"
    assert shop.do("resume").state == "baking"


def test_another_deployment_replaces_any_other_hold(shop):
    ramping(shop)
    shop.do("hold")
    shop.deployed_elsewhere((shop.stable, 100))
    rollout = shop.look()
    assert (rollout.hold, rollout.before_hold) == ("deployed_elsewhere", "ramping")
    assert [button.verb for button in buttons_of(rollout)] == ["put-back", "leave", "abort"]


def test_a_deployment_by_another_client_holds_and_says_who(shop):
    ramping(shop)
    shop.deployed_elsewhere((shop.stable, 100))
    rollout = shop.look()
    assert (rollout.state, rollout.hold) == ("held", "deployed_elsewhere")
    assert rollout.facts["via"] == "wrangler" and rollout.facts["message"] == "By hand"
    writes = shop.writes()
    shop.look(30, times=5)
    assert shop.writes() == writes and shop.rollout().state == "held"
    put = shop.do("put-back")
    assert shop.live()[shop.candidate] == 10 and put.state == "ramping"


def test_a_person_can_keep_what_another_client_deployed(shop):
    ramping(shop)
    shop.deployed_elsewhere((shop.stable, 100))
    shop.look()
    writes = shop.writes()
    assert shop.do("leave").state == "aborted" and shop.writes() == writes


def test_a_stale_read_sends_nothing(shop):
    shop.start()
    shop.deployed_elsewhere((shop.candidate, 100))
    rollout = shop.look()
    assert rollout.state == "aborted" and rollout.reason == "not_begun" and shop.writes() == 0


@pytest.mark.parametrize("fault", [{"lacks": ["scripts_edit"]}, {"secrets_changed": ["KEY"]}])
def test_a_refused_deployment_holds_and_changes_nothing(shop, misbehave, fault):
    ramping(shop)
    misbehave(**fault)
    rollout = shop.do("step")
    assert (rollout.state, rollout.hold) == ("held", "deploy_refused")
    assert shop.live()[shop.candidate] == 10


def test_a_rollback_that_is_refused_is_tried_until_it_is_taken(shop, misbehave):
    ramping(shop)
    misbehave(lacks=["scripts_edit"])
    rollout = shop.do("abort")
    assert rollout.state == "rolling_back" and rollout.reason == "rollback_refused"
    assert shop.look(50, times=2).state == "needs_attention"
    misbehave()
    shop.look()
    assert shop.live() == {shop.stable: 100}


def test_a_throttled_api_changes_nothing_and_is_not_hammered(shop, misbehave):
    ramping(shop)
    misbehave(throttled=True)
    before = len(shop.other.sent)
    rollout = shop.look(30, times=4)
    assert len(shop.other.sent) - before <= 2
    assert rollout.state == "held" and rollout.reason == "unread" and rollout.hold_clears
    assert shop.live()[shop.candidate] == 10


def test_late_analytics_never_step_up(shop, misbehave):
    ramping(shop)
    misbehave(analytics_late_seconds=3600)
    for _ in range(12):
        shop.traffic(100, 900, minutes_ago=0)
        shop.look(60)
    rollout = shop.rollout()
    assert rollout.state == "held" and rollout.reason == "figures_late"
    assert shop.live()[shop.candidate] == 10


def test_sampled_counts_are_judged_by_the_requests_that_were_counted(shop, misbehave):
    ramping(shop)
    misbehave(analytics_sample_interval=1000)
    for _ in range(8):
        shop.traffic(2000, 18_000, minutes_ago=0)
        shop.look(60)
    rollout = shop.rollout()
    assert (rollout.state, rollout.reason) == ("ramping", "too_few_requests")
    assert rollout.facts["sampled"] and rollout.facts["requests"] < 50


def test_5xx_in_stored_logs_are_harm_and_in_no_count(shop):
    rollout = ramping(shop)
    deployment, edge = Deployment.objects.newest_first()[0], make_edge()
    shop.look(60, times=2)
    for i in range(80):
        mine, status = (shop.candidate, 500) if i % 2 else (shop.stable, 200)
        make_invocation(edge, deployment, hop="external", version_id=mine, status=status)
    rollout = shop.look(60, times=3)
    assert "more_5xx" in shop.codes() and "worse_than_stable" not in shop.codes()
    assert rollout.goes_back and shop.live() == {shop.stable: 100}


def test_a_rollout_that_deployed_nothing_yet_just_ends(shop):
    shop.start()
    assert shop.do("abort").state == "aborted" and shop.writes() == 0


def test_twenty_rollouts_stay_in_the_budget_of_calls():
    """Reads of deployments and logs; 40 of the 300 calls are for deployments."""
    fresh = live_freshness(20)
    reads = 20 * 300 / fresh + 20 * 300 / max(LOGS, LOGS_FACTOR * fresh)
    assert reads < 260 and 20 * 300 / FIGURES < 300  # GraphQL has a budget of its own


def test_without_analytics_nothing_can_be_judged(shop, misbehave):
    ramping(shop)
    misbehave(lacks=["analytics"])
    rollout = shop.look(60, times=5)
    assert rollout.state == "held" and rollout.hold_clears
    assert shop.live()[shop.candidate] == 10


def test_two_conductors_deploy_once(shop):
    staged(shop)
    first, second = (RemoteRollout.objects.with_account().get() for _ in range(2))
    now = timezone.now()
    decision = enter_step(first.as_value(), 0, "confirmed")
    deploy(first, decision, now, expected=first.deployment_id)
    with pytest.raises(Moved):
        deploy(second, decision, now, expected=second.deployment_id)
    assert shop.writes() == 2


@pytest.fixture
def lost_writes(shop, monkeypatch):
    """Deployments that were sent: none takes effect, and none is answered."""
    sent = []

    def send(method, url, **given):
        if method == "POST" and url.endswith("/deployments"):
            sent.append(url)
            raise SendFailed("too late")
        return shop.other.send(method, url, **given)

    def begin():
        monkeypatch.setitem(CloudClient.__init__.__kwdefaults__, "send", send)
        return sent

    return begin


def test_a_refused_rollback_is_sent_again_but_not_while_that_is_unsure(
    shop, misbehave, lost_writes
):
    ramping(shop)
    misbehave(lacks=["scripts_edit"])
    assert shop.do("abort").reason == "rollback_refused"
    misbehave()
    sent = lost_writes()
    shop.look()
    assert shop.look(20).reason == "unsure" and len(sent) == 1
    rollout = shop.look(75)
    assert (rollout.state, rollout.reason) == ("needs_attention", "deploy_lost")
    assert len(sent) == 1


def test_an_unread_rollback_is_not_called_lost(shop, misbehave, lost_writes):
    ramping(shop)
    sent = lost_writes()
    shop.do("abort")
    misbehave(lacks=["scripts_read"])
    rollout = shop.look(50, times=2)
    assert (rollout.state, rollout.reason) == ("needs_attention", "unsure")
    assert len(sent) == 1
