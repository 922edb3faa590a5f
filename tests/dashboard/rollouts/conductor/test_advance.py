"""A rollout on rows: each decision is written and deployed once, whoever else is at it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError

from dashboard.reviews.models import DeployHold
from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.conductor.advance import Stale, advance, apply_decision
from dashboard.rollouts.decisions.states import OnHarm, State
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.suites.edits import import_suite
from routing.models import Deployment
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import BLIND, HARM, SAFE, plan_of


def test_a_good_candidate_reaches_100_percent(scene: Scene) -> None:
    scene.start(plan_of("20:10s,100"))
    for seconds in (0, 0, 0, 10, 5):
        scene.look(seconds)
    assert scene.rollout().state == State.DONE
    assert scene.live() == {2: 100_000}


def test_the_history_equals_the_deployments(scene: Scene) -> None:
    scene.start(plan_of("20:10s,50:10s,100"))
    for seconds in (0, 0, 0, 10, 10, 5, 5):
        scene.look(seconds)
    deployed = [
        event.facts["percentage"]
        for event in scene.rollout().events.all()
        if event.code in ("confirmed", "step_safe")
    ]
    assert deployed == ["20%", "50%", "100%"]
    by_rollout = Deployment.objects.filter(source="rollout").order_by("number")
    shares = [{s.version.number: s.percentage for s in d.shares.all()} for d in by_rollout]
    assert shares == [{2: 0, 1: 100}, {2: 20, 1: 80}, {2: 50, 1: 50}, {2: 100}]


def test_two_conductors_decide_once(scene: Scene) -> None:
    scene.start()
    first, second = scene.rollout(), scene.rollout()
    advance(first, scene.observe, scene.now)
    with pytest.raises(Stale):
        advance(second, scene.observe, scene.now)
    assert Deployment.objects.filter(source="rollout").count() == 1


def test_a_conductor_that_dies_before_its_commit_leaves_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.start()
    monkeypatch.setattr("dashboard.rollouts.conductor.advance.record", _dies)
    with pytest.raises(KeyboardInterrupt):
        scene.look()
    monkeypatch.undo()
    assert Deployment.objects.filter(source="rollout").count() == 0
    assert scene.rollout().state == State.STAGING
    scene.look()
    assert Deployment.objects.filter(source="rollout").count() == 1


def _dies(*args: object) -> None:
    raise KeyboardInterrupt


def test_a_commit_whose_answer_was_lost_is_no_conflict(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database commits and then does not answer, as when its packets are lost."""
    scene.start(plan_of("20:10s,100"))
    scene.look()
    scene.look()

    def lost(*args: object, **given: object) -> None:
        apply_decision(*args, **given)  # type: ignore[arg-type]
        raise OperationalError("the answer was lost")

    monkeypatch.setattr("dashboard.rollouts.conductor.advance.apply_decision", lost)
    with pytest.raises(OperationalError):
        scene.look()
    monkeypatch.undo()
    assert scene.live() == {1: 80_000, 2: 20_000}
    for seconds in (0, 10, 5):
        scene.look(seconds)
    assert scene.rollout().state == State.DONE
    assert Deployment.objects.filter(source="rollout").count() == 3


def test_harm_goes_back_to_stable_and_api_tokens_wait(scene: Scene) -> None:
    scene.start()
    for _ in range(3):
        scene.look()
    scene.judgment = HARM
    scene.look()
    assert scene.live() == {1: 100_000}
    scene.unverified = ("local-1",)
    scene.look()
    assert scene.look().state is State.VERIFYING
    scene.unverified = ()
    assert scene.look().state is State.ROLLED_BACK
    assert [hold.kind for hold in DeployHold.objects.all()] == [DeployHold.Kind.AFTER_ROLLBACK]


def test_a_later_rollout_that_goes_well_lets_tokens_deploy_again(scene: Scene) -> None:
    scene.start()
    scene.judgment = HARM
    for _ in range(6):
        scene.look()
    assert DeployHold.objects.exists()
    scene.judgment = SAFE
    scene.now += timedelta(minutes=1)
    scene.start(plan_of("100"))
    for seconds in (0, 0, 0, 5):
        scene.look(seconds)
    assert scene.rollout().state == State.DONE
    assert not DeployHold.objects.exists()


def test_missing_figures_hold_where_it_is(scene: Scene) -> None:
    scene.start()
    for _ in range(3):
        scene.look()
    scene.judgment = BLIND
    assert scene.look(600).state is State.HELD
    assert scene.live() == {1: 80_000, 2: 20_000}


def test_a_look_that_changes_nothing_writes_no_line(scene: Scene) -> None:
    scene.start(plan_of("20:1h,100"))
    for _ in range(3):
        scene.look()
    lines = scene.rollout().events.count()
    for _ in range(5):
        scene.look(1)
    assert scene.rollout().events.count() == lines
    assert scene.rollout().reason == "bakes"


SUITE = "name: smoke\nchecks: [{name: home}]"


@pytest.mark.parametrize(
    ("ended", "state"),
    [
        (SmokeRun.State.PASSED, State.REVIEW),
        (SmokeRun.State.FAILED, State.ROLLING_BACK),
        (SmokeRun.State.BROKEN, State.HELD),
        (SmokeRun.State.STOPPED, State.HELD),
        (SmokeRun.State.RUNNING, State.CHECKING),
    ],
)
def test_checks_decide_before_anybody_gets_the_candidate(
    scene: Scene, ended: str, state: State
) -> None:
    load_suite(scene)
    scene.start(suite="smoke")
    scene.look()
    assert scene.look().state is State.CHECKING
    run = SmokeRun.objects.get(rollout_id=scene.rollout().pk)
    assert run.version == scene.candidate
    SmokeRun.objects.update(state=ended)
    assert scene.look().state is state


def test_a_run_whose_process_died_is_asked_for_again(scene: Scene) -> None:
    load_suite(scene)
    scene.start(suite="smoke")
    for _ in range(2):
        scene.look()
    SmokeRun.objects.update(state=SmokeRun.State.ABANDONED)
    scene.look(1)
    assert SmokeRun.objects.count() == 2
    assert scene.rollout().state == State.CHECKING


def test_a_person_runs_the_checks_again(scene: Scene) -> None:
    load_suite(scene)
    scene.start(plan_of(on_harm=OnHarm.HOLD), suite="smoke")
    for _ in range(2):
        scene.look()
    SmokeRun.objects.update(state=SmokeRun.State.FAILED)
    assert scene.look().state is State.HELD
    ACTIONS["retry"](
        scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now + timedelta(seconds=1))
    )
    assert scene.rollout().state == State.CHECKING
    assert SmokeRun.objects.count() == 2


def load_suite(scene: Scene) -> None:
    import_suite(
        worker=scene.worker, text=SUITE, author=scene.maya, source="dashboard", now=scene.now
    )
