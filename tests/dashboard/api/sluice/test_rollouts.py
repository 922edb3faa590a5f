"""Rollouts and their verbs in Sluice's own API, by the pages' rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.states import State
from routing.models import AuditEntry
from tests.dashboard.api.sluice.conftest import OwnApi
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import HARM

pytestmark = pytest.mark.django_db


def test_a_rollout_starts_with_the_same_object_as_the_cli(ci: OwnApi, scene: Scene) -> None:
    status, body = ci.start(scene, final_bake="5s")
    assert (status, body["state"], body["step"], body["owner"]) == (201, "staging", -1, "ci")
    assert body["plan"]["final_bake"] == "5s"
    assert body["events"][0]["words"] == "The rollout began."
    assert AuditEntry.objects.get(action="rollout.start").source == "api"
    assert ci("GET", f"/rollouts/{body['id']}")[1]["id"] == body["id"]
    assert [r["id"] for r in ci("GET", "/rollouts?show=running")[1]] == [body["id"]]
    assert ci.raw("GET", "/rollouts", prefix="/api").json()[0]["worker"] == "checkout"
    for query, count in (("show=attention", 0), ("show=ended", 0), ("q=check", 1), ("q=x", 0)):
        listed = ci.raw("GET", f"/rollouts?{query}", prefix="/api").json()
        assert len(listed) == count, query


def test_a_second_start_is_answered_with_the_first(ci: OwnApi, scene: Scene) -> None:
    _, first = ci.start(scene)
    status, body = ci.start(scene)
    assert (status, body["error"], body["rollout"]["id"]) == (409, "running", first["id"])


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({"steps": "50"}, 422, "steps"),
        ({"final_bake": "soon"}, 422, "final_bake"),
        ({"on_harm": "smile"}, 422, "on_harm"),
        ({"min_sample": -1}, 422, "min_sample"),
        ({"min_callers": "many"}, 422, "min_callers"),
        ({"error_limit": 0}, 422, "error_limit"),
        ({"version_id": "nonsense"}, 422, "version_id"),
        ({"suite": "ghost"}, 422, "suite"),
        ({"deployment_id": "nonsense"}, 409, "deployment_id"),
        ({"stepz": "100"}, 422, "stepz"),
        ({"steps": [{"percentage": 20, "rule": "luck"}]}, 422, "steps"),
        ({"hours": "sometimes"}, 422, "hours"),
        ({"margin": 0.5}, 422, "margin"),
        ({"expiry": "soon"}, 422, "expiry"),
    ],
)
def test_a_start_that_is_refused_names_the_field(
    ci: OwnApi,
    scene: Scene,
    given: dict[str, Any],
    status: int,
    field: str,
) -> None:
    answered, body = ci.start(scene, **given)
    assert (answered, body["field"]) == (status, field)
    assert body["error"] and body["message"]
    assert not scene.worker.rollouts.exists()


def test_verbs_act_and_are_on_the_record(ci: OwnApi, ramping: Scene) -> None:
    status, body = ci.verb(ramping, "step", reason="known noise")
    assert (status, body["percentage"], body["step"]) == (200, 50, 1)
    line = ramping.rollout().events.last()
    assert line is not None
    assert (line.username, line.facts["reason"]) == ("ci", "known noise")
    assert ci.verb(ramping, "hold")[1]["state"] == "held"
    assert ci.verb(ramping, "abort")[1]["state"] == "rolling_back"


def test_a_verb_may_name_the_share_it_goes_to(ci: OwnApi, ramping: Scene) -> None:
    status, body = ci.verb(ramping, "step", to=33)
    assert (status, body["error"], body["field"]) == (422, "unknown_step", "to")
    assert ci.verb(ramping, "step", to="x")[1]["field"] == "to"
    assert ci.verb(ramping, "step", to=50)[1]["percentage"] == 50
    assert ci.verb(ramping, "step", to="20%")[1]["state"] == "held"


def test_a_finished_rollout_is_undone(ci: OwnApi, ramping: Scene) -> None:
    for seconds in (10, 10, 5):
        ramping.look(seconds)
    assert ramping.rollout().state == State.DONE
    assert ci.verb(ramping, "undo")[1]["state"] == "rolling_back"
    assert ci.verb(ramping, "undo")[1]["error"] == "state"
    assert ramping.live() == {1: 100_000}


def test_a_stale_verb_says_who_moved_it_and_when(ci: OwnApi, ramping: Scene) -> None:
    stale = ramping.rollout()
    believed = {"deployment_id": stale.deployment_id, "step": stale.step}
    ACTIONS["step"](ramping.rollout(), ActionRequest(ramping.maya, "dashboard", timezone.now()))
    for wrong in (believed, believed | {"step": 1}):
        status, body = ci("POST", f"/rollouts/{stale.pk}/step", wrong)
        assert (status, body["error"], body["by"]) == (409, "stale", "maya")
        assert body["at"] and body["rollout"]["percentage"] == 50
        assert "maya moved the rollout at" in body["message"]
    assert ramping.live() == {1: 50_000, 2: 50_000}


def test_a_verb_names_where_it_believes_the_rollout_is(ci: OwnApi, ramping: Scene) -> None:
    path = f"/rollouts/{ramping.rollout().pk}"
    status, body = ci("POST", f"{path}/step", {"deployment_id": "x"})
    assert (status, body["field"]) == (422, "step")
    assert ci.verb(ramping, "explode")[1]["error"] == "unknown_verb"
    assert ci.verb(ramping, "retry")[1]["error"] == "state"


def test_tokens_do_not_release_tokens(ci: OwnApi, ramping: Scene) -> None:
    ramping.judgment = HARM
    for _ in range(3):
        ramping.look()
    assert ramping.rollout().state == State.ROLLED_BACK
    assert ci.verb(ramping, "resume")[1]["error"] == "person"
    assert ci.start(ramping)[1]["error"] == "held"
    ACTIONS["resume"](ramping.rollout(), ActionRequest(ramping.maya, "dashboard", timezone.now()))
    assert ci.start(ramping)[0] == 201
