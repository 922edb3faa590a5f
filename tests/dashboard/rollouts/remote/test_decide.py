"""What others did meanwhile comes before every rule. Pure."""

from datetime import timedelta

import pytest

from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, State
from dashboard.rollouts.decisions.values import Action, Observation, Rollout
from dashboard.rollouts.remote.decide import Seen, decide
from tests.dashboard.rollouts.playbook import HARM, NOON, SAFE, plan_of

WHO = {"author": "ci@example.test", "via": "wrangler"}
RUNNING = [s for s in State if s not in ENDED | {State.STAGING}]


def rollout_in(state):
    before = State.RAMPING if state is State.HELD else None
    step = 0 if state in (State.RAMPING, State.BAKING, State.HELD) or state in GOING_BACK else -1
    hold = "person" if state is State.HELD else ""
    plan = plan_of("20:10s,100")
    return Rollout(plan, state, step, NOON, "ours", before_hold=before, hold=hold)


@pytest.mark.parametrize("state", RUNNING)
@pytest.mark.parametrize("judgment", [SAFE, HARM, None])
def test_another_deployment_waits_for_a_person_and_deploys_nothing(state, judgment):
    seen = Seen(Observation("theirs", ready_at=NOON, judgment=judgment), elsewhere=WHO)
    decision = decide(rollout_in(state), seen, NOON + timedelta(hours=1))
    expected = State.NEEDS_ATTENTION if state in GOING_BACK else State.HELD
    assert decision.state is expected and decision.action is Action.NONE
    assert dict(decision.facts) == WHO


@pytest.mark.parametrize("state", RUNNING)
def test_while_nothing_can_be_read_nothing_moves_up_or_ends(state):
    rollout = rollout_in(state)
    seen = Seen(Observation("ours", ready_at=NOON, judgment=SAFE), unread="No answer.")
    for seconds in (1, 60, 600):
        decision = decide(rollout, seen, NOON + timedelta(seconds=seconds))
        assert decision.state not in ENDED and decision.action is Action.NONE
        assert decision.step == rollout.step


def test_harm_rolls_back_also_while_deployments_cannot_be_read():
    seen = Seen(Observation("ours", ready_at=NOON, judgment=HARM), unread="No answer.")
    decision = decide(rollout_in(State.RAMPING), seen, NOON)
    assert (decision.state, decision.action) == (State.ROLLING_BACK, Action.DEPLOY)
