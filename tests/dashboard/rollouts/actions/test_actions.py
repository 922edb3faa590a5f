"""What a person may ask for: in which state, with which effect, and once."""

from __future__ import annotations

import pytest

from dashboard.accounts.models import Role
from dashboard.discussion.models import HandOver
from dashboard.reviews.models import DeployHold
from dashboard.rollouts.actions.actions import ACTIONS, ActionRefused, ActionRequest
from dashboard.rollouts.actions.owner import follow_hand_over
from dashboard.rollouts.conductor.advance import Stale, advance
from dashboard.rollouts.decisions.states import State
from routing.models import AuditEntry
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import BLIND, NOT_YET, plan_of
from tests.factories import make_user


@pytest.fixture
def ramping(scene: Scene) -> Scene:
    """At 20%, with a judgment that does not let it step."""
    scene.start(plan_of("20:10s,50:10s,100"))
    for _ in range(3):
        scene.look()
    scene.judgment = NOT_YET
    return scene


def ask(scene: Scene, verb: str, reason: str = "") -> None:
    ACTIONS[verb](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now, reason))


def test_step_goes_up_whatever_the_figures_say_and_names_the_person(ramping: Scene) -> None:
    ask(ramping, "step", "known noise")
    assert ramping.live() == {1: 50_000, 2: 50_000}
    line = ramping.rollout().events.last()
    assert line is not None
    assert (line.code, line.username) == ("stepped_up", "maya")
    assert line.facts["reason"] == "known noise"
    assert AuditEntry.objects.filter(action="rollout.step", actor="maya").exists()


def test_step_down_takes_traffic_away_and_holds(ramping: Scene) -> None:
    ask(ramping, "step")
    ask(ramping, "step-down")
    assert ramping.live() == {1: 80_000, 2: 20_000}
    assert ramping.rollout().state == State.HELD
    ask(ramping, "step-down")
    assert ramping.live() == {1: 100_000, 2: 0}
    ask(ramping, "resume")
    assert ramping.rollout().state == State.REVIEW


def test_hold_and_resume_leave_the_share(ramping: Scene) -> None:
    ask(ramping, "hold")
    assert ramping.look(3600).state is State.HELD
    ask(ramping, "resume")
    assert ramping.rollout().state == State.RAMPING
    assert ramping.live() == {1: 80_000, 2: 20_000}


def test_a_hold_that_would_clear_becomes_a_persons(ramping: Scene) -> None:
    ramping.judgment = BLIND
    ramping.look()
    ask(ramping, "hold")
    ramping.judgment = NOT_YET
    assert ramping.look(60).state is State.HELD


@pytest.mark.parametrize("state", ["held", "ramping", "waiting"])
def test_abort_works_from_every_state_that_runs(ramping: Scene, state: str) -> None:
    if state == "held":
        ask(ramping, "hold")
    if state == "waiting":
        ramping.ready = False
    ask(ramping, "abort")
    assert ramping.live() == {1: 100_000}
    ramping.ready = True
    ramping.look()
    assert ramping.look().state is State.ROLLED_BACK


def test_finish_promotes_and_then_ends_the_bake(ramping: Scene) -> None:
    ask(ramping, "finish")
    assert (ramping.rollout().state, ramping.live()) == (State.BAKING, {2: 100_000})
    ask(ramping, "finish")
    assert ramping.rollout().state == State.DONE


def test_resume_of_an_ended_rollout_lets_tokens_deploy_again(ramping: Scene) -> None:
    ask(ramping, "abort")
    ramping.look()
    ramping.look()
    assert DeployHold.objects.count() == 1
    ask(ramping, "resume")
    assert DeployHold.objects.count() == 0
    with pytest.raises(ActionRefused):
        ask(ramping, "resume")


@pytest.mark.parametrize("verb", ["step", "step-down", "hold", "abort", "finish", "confirm"])
def test_nothing_moves_a_rollout_that_has_ended(ramping: Scene, verb: str) -> None:
    ask(ramping, "abort")
    ramping.look()
    ramping.look()
    with pytest.raises(ActionRefused, match="rolled back"):
        ask(ramping, verb)


def test_two_people_who_read_the_same_turn_step_once(ramping: Scene) -> None:
    mine, theirs = ramping.rollout(), ramping.rollout()
    by = ActionRequest(ramping.maya, "dashboard", ramping.now)
    ACTIONS["step"](mine, by)
    with pytest.raises(Stale) as stale:
        ACTIONS["step"](theirs, by)
    assert stale.value.rollout.percentage == "50%"
    assert ramping.live() == {1: 50_000, 2: 50_000}


def test_abort_ends_what_a_step_made_meanwhile(ramping: Scene) -> None:
    stepped, aborted = ramping.rollout(), ramping.rollout()
    by = ActionRequest(ramping.maya, "dashboard", ramping.now)
    ACTIONS["step"](stepped, by)
    ACTIONS["abort"](aborted, by)
    assert ramping.live() == {1: 100_000}


@pytest.mark.parametrize("looks", [0, 1])
def test_finish_does_not_pass_over_the_checks(scene: Scene, looks: int) -> None:
    scene.start()
    for _ in range(looks):
        scene.look()
    ask(scene, "hold")
    with pytest.raises(ActionRefused, match="checks have not passed"):
        ask(scene, "finish")
    assert scene.live().get(2, 0) == 0


def test_abort_ends_a_way_back_that_cannot_be_proved(ramping: Scene) -> None:
    ask(ramping, "abort")
    ramping.unverified = ("local-1",)
    ramping.look()
    assert ramping.look(100).state is State.NEEDS_ATTENTION
    token = ActionRequest(ramping.maya, "api", ramping.now, by_token=True)
    with pytest.raises(ActionRefused, match="a person aborts"):
        ACTIONS["abort"](ramping.rollout(), token)
    ask(ramping, "abort")
    rollout = ramping.rollout()
    assert (rollout.state, rollout.reason) == (State.ROLLED_BACK, "ended_unverified")
    assert ramping.live() == {1: 100_000}
    assert [hold.kind for hold in DeployHold.objects.all()] == [DeployHold.Kind.AFTER_ROLLBACK]


def test_a_token_does_not_confirm_for_a_person(scene: Scene) -> None:
    scene.start(plan_of(confirm_review=True))
    for _ in range(2):
        scene.look()
    for verb in ("confirm", "step"):
        with pytest.raises(ActionRefused) as refused:
            ACTIONS[verb](
                scene.rollout(), ActionRequest(scene.maya, "api", scene.now, by_token=True)
            )
        assert refused.value.code == "person"
    ask(scene, "confirm")
    assert scene.rollout().review_confirmed


def test_a_decision_on_its_way_does_not_undo_a_take_over(scene: Scene) -> None:
    scene.start(plan_of())
    read_before, lena = scene.rollout(), make_user("lena", Role.OPERATOR)
    note = HandOver(worker=scene.worker, from_username="maya")
    follow_hand_over(note, lena)
    advance(read_before, scene.observe, scene.now)
    rollout = scene.rollout()
    assert (rollout.owner, rollout.turn > 0) == (lena, True)
    assert list(rollout.events.filter(code="taken_over").values_list("username", flat=True)) == [
        "lena"
    ]
