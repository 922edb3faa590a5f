"""A rollout between two Sluices, look by look: stage, ramp, harm, rollback."""

from datetime import timedelta

import pytest

from dashboard.rollouts.remote.start import StartRefused
from routing.models import AuditEntry
from tests.dashboard.rollouts.playbook import plan_of


def staged(shop):
    shop.start()
    rollout = shop.look()
    assert rollout.state == "waiting" and shop.live() == {shop.candidate: 0, shop.stable: 100}
    return rollout


def ramping(shop):
    staged(shop)
    rollout = shop.look(61, times=2)
    assert rollout.state == "ramping" and shop.live()[shop.candidate] == 10
    return rollout


def baked(shop, failing=0):
    """At 10% until the counts reach past the bake time."""
    ramping(shop)
    for _ in range(8):
        shop.traffic(100, 900, failing=failing, minutes_ago=0)
        shop.look(60)
    return shop.rollout()


def test_it_stages_at_zero_and_moves_no_request(shop):
    rollout = staged(shop)
    assert rollout.weight == 0 and rollout.deployment_id and shop.writes() == 1
    assert shop.codes() == ["started", "deploying", "staged"]
    assert rollout.pending is None and rollout.change.state == "live"


def test_it_ramps_to_the_end_without_harm(shop):
    rollout = baked(shop)
    assert rollout.state in ("baking", "done") and shop.live() == {shop.candidate: 100}
    for _ in range(6):
        shop.traffic(1000, 0, minutes_ago=0)
        rollout = shop.look(60)
    assert rollout.state == "done" and shop.writes() == 3


def test_harm_rolls_back_and_without_a_probe_it_needs_attention(shop):
    rollout = baked(shop, failing=60)
    assert shop.live() == {shop.stable: 100}
    assert "worse_than_stable" in shop.codes() or "over_the_limit" in shop.codes()
    assert rollout.state == "needs_attention" and rollout.reason == "not_verified"
    assert shop.writes() == 3


def test_each_deployment_is_audited_and_carries_a_marker(shop):
    staged(shop)
    entry = AuditEntry.objects.get(action="rollout.deploy")
    assert entry.subject == "cloudflare worker shop-prod/shop"
    assert shop.rollout().change.marker


def test_abort_needs_no_approval_and_no_look(shop):
    ramping(shop)
    rollout = shop.do("abort", "Looks wrong")
    assert rollout.state == "rolling_back" and shop.live() == {shop.stable: 100}
    assert "Looks wrong" in str(rollout.events.last().facts)


def test_step_down_holds_until_resumed(shop):
    ramping(shop)
    rollout = shop.do("step-down")
    assert (rollout.state, rollout.weight) == ("held", 0) and shop.live()[shop.candidate] == 0
    assert shop.do("resume").state == "review"


def test_a_second_one_is_refused(shop):
    shop.start()
    with pytest.raises(StartRefused) as refused:
        shop.start()
    assert refused.value.code == "running" and refused.value.rollout


def test_a_stale_start_and_a_wrong_version_are_refused(shop):
    for given, code in [({"expected": "other"}, "conflict")]:
        with pytest.raises(StartRefused) as refused:
            shop.start(**given)
        assert refused.value.code == code
    shop.candidate = shop.stable
    with pytest.raises(StartRefused) as refused:
        shop.start()
    assert refused.value.code == "already_live"


def test_a_candidate_with_traffic_keeps_it(shop):
    shop.deployed_elsewhere((shop.candidate, 10), (shop.stable, 90))
    rollout = shop.start(plan_of("5:1m,10:1m,100"))
    assert (rollout.state, rollout.step, rollout.weight) == ("ramping", 1, 10_000)
    shop.look()
    assert shop.writes() == 0


def test_a_person_confirms_the_ramp(shop):
    shop.start(plan_of("10:1m,100", confirm_review=True, final_bake=timedelta(minutes=1)))
    rollout = shop.look(61, times=2)
    assert rollout.state == "review" and shop.live()[shop.candidate] == 0
    shop.do("confirm")
    assert shop.look().state == "ramping"
