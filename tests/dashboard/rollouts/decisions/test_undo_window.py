"""Undoing a finished rollout: one verb, in its window, while its deployment is live."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from dashboard.reviews.models import DeployHold
from dashboard.rollouts.actions.actions import ACTIONS, ActionRefused, ActionRequest
from dashboard.rollouts.decisions.plan import PlanError, plan_from_json
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.decisions.undo_window import undo_refusal
from dashboard.rollouts.plans.plan_text import plan_with
from routing.models import AuditEntry, Deployment
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import NOON, plan_of
from tests.factories import make_deployment, make_version

DAY = timedelta(hours=24)


@pytest.mark.parametrize(
    ("state", "live", "hours", "code"),
    [
        (State.DONE, "a", 23, ""),
        (State.DONE, "a", 24, "too_late"),
        (State.DONE, "b", 1, "replaced"),
        (State.ROLLED_BACK, "a", 1, "not_done"),
        (State.RAMPING, "a", 1, "not_done"),
    ],
)
def test_when_it_may_be_undone(state: State, live: str, hours: int, code: str) -> None:
    now = NOON + timedelta(hours=hours)
    assert undo_refusal(state, NOON, DAY, "a", live, now) == code


def test_the_window_is_a_field_of_the_plan() -> None:
    plan = plan_with(None, {"steps": "100", "undo_window": "2h"})
    assert plan_from_json(plan.as_json()).undo_window == timedelta(hours=2)
    earlier = plan.as_json()
    del earlier["undo_window"]
    assert plan_from_json(earlier).undo_window == DAY
    with pytest.raises(PlanError) as error:
        plan_with(None, {"steps": "100", "undo_window": "soon"})
    assert error.value.field == "undo_window"


@pytest.fixture
def done(scene: Scene) -> Scene:
    scene.start(plan_of("20:10s,100"))
    for seconds in (0, 0, 0, 10, 5):
        scene.look(seconds)
    assert scene.rollout().state == State.DONE
    return scene


def undo(scene: Scene, reason: str = "") -> None:
    ACTIONS["undo"](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now, reason))


def test_it_goes_back_the_verified_way(done: Scene) -> None:
    undo(done, "prices are wrong")
    assert (done.rollout().state, done.live()) == (State.ROLLING_BACK, {1: 100_000})
    assert done.look().state is State.VERIFYING
    done.unverified = ("local-1",)
    assert done.look(5).state is State.VERIFYING
    done.unverified = ()
    assert done.look().state is State.ROLLED_BACK
    line = done.rollout().events.get(code="undone")
    assert (line.username, line.facts["reason"]) == ("maya", "prices are wrong")
    assert AuditEntry.objects.filter(action="rollout.undo", actor="maya").exists()
    assert DeployHold.objects.get().kind == DeployHold.Kind.AFTER_ROLLBACK


@pytest.mark.parametrize("case", ["late", "deployed", "another", "twice"])
def test_it_is_refused_with_words_and_changes_nothing(done: Scene, case: str) -> None:
    words = {
        "late": "ended at",
        "deployed": "deployed again since",
        "another": "Another rollout of checkout runs",
        "twice": "this one is rolling back",
    }[case]
    rollout = done.rollout()
    if case == "late":
        done.now += DAY
    if case == "deployed":
        make_deployment(done.worker, (done.candidate, 100))
    if case == "another":
        done.start(version_id=str(make_version("checkout").id))
    if case == "twice":
        undo(done)
        rollout = done.rollout()
    before = Deployment.objects.count()
    with pytest.raises(ActionRefused, match=words):
        ACTIONS["undo"](rollout, ActionRequest(done.maya, "dashboard", done.now))
    assert Deployment.objects.count() == before


def test_the_page_offers_it_while_it_works(done: Scene) -> None:
    client = Client()
    client.force_login(done.maya)
    address = reverse("rollouts:detail", args=["checkout", done.rollout().pk])
    assert "Undo, back to #1" in client.get(address).content.decode()
    make_deployment(done.worker, (done.candidate, 100))
    assert "Undo, back to #1" not in client.get(address).content.decode()


def test_the_command_undoes_the_newest_rollout(done: Scene) -> None:
    call_command("rollout", "undo", "--worker", "checkout", "--user", "maya")
    assert done.rollout().state == State.ROLLING_BACK
