"""Plans of rollouts in Sluice's own API."""

from __future__ import annotations

import pytest

from dashboard.accounts.models import Token
from tests.dashboard.api.sluice.conftest import OwnApi
from tests.dashboard.rollouts.conftest import Scene

pytestmark = pytest.mark.django_db


def test_every_term_of_a_plan_can_be_given_and_tried_first(ci: OwnApi, scene: Scene) -> None:
    given = {
        "steps": [
            {"percentage": 20, "bake": "10s", "rule": "proved", "automatic": False},
            {"percentage": 100},
        ],
        "hours": {"days": ["mon"], "from": "09:00", "until": "16:00", "zone": "Europe/Berlin"},
        "margin": 3.5,
        "expiry": "2d",
    }
    status, body = ci.start(scene, dry_run=True, **given)
    assert (status, body["detection"][0]["code"]) == (200, "no_traffic")
    assert not scene.worker.rollouts.exists()
    plan = ci.start(scene, **given)[1]["plan"]
    assert plan["steps"][0] == given["steps"][0] | {"percentage": "20"}  # type: ignore[index]
    assert plan["hours"]["zone"] == "Europe/Berlin"
    assert (plan["margin"], plan["expiry"]) == (3.5, "2d")


def test_a_running_plan_is_changed_from_its_next_step(ci: OwnApi, ramping: Scene) -> None:
    rollout = ramping.rollout()
    address = f"/rollouts/{rollout.pk}/plan"
    believed = {"deployment_id": rollout.deployment_id, "step": 0, "edit": 1}
    steps = "20:10s,30:1h,100"
    status, body = ci("PUT", address, believed | {"steps": steps, "reason": "slower"})
    assert (status, body["plan_edit"]) == (200, 2)
    assert body["plan"]["steps"][1]["percentage"] == "50"
    assert body["next_plan"]["steps"][1]["percentage"] == "30"
    status, body = ci("PUT", address, believed | {"min_sample": 7})
    assert (status, body["error"], body["by"]) == (409, "stale", "ci")
    status, body = ci("PUT", address, believed | {"edit": 2, "steps": "10:10s,100"})
    assert (status, body["field"]) == (422, "steps")


def test_plans_are_saved_by_name_and_started(ci: OwnApi, scene: Scene) -> None:
    terms = {"steps": "20:10s,100", "auto": True}
    assert ci("PUT", "/plans/Slow", terms)[1]["edit"] == 1
    assert ci("PUT", "/plans/Slow", {"min_sample": 7, "edit": 1})[1]["edit"] == 2
    status, body = ci("PUT", "/plans/Slow", {"min_sample": 8, "edit": 1})
    assert (status, body["error"]) == (409, "conflict")
    status, body = ci("PUT", "/plans/canary", terms)
    assert (status, body["field"]) == (422, "name")
    assert ci("PATCH", "/plans/Slow", {"name": "Slower"})[1]["name"] == "Slower"
    assert [p["name"] for p in ci("GET", "/plans")[1]] == ["Slower"]
    assert ci.raw("GET", "/plans", prefix="/api").json() == []
    body = {"version_id": str(scene.candidate.id), "plan": "Slower"}
    assert ci("POST", "/rollouts", body | {"plan": "Ghost"})[0] == 404
    started = ci("POST", "/rollouts", body)[1]
    assert started["plan"]["min_sample"] == 7
    assert "Slower, edit 2" in started["events"][0]["words"]
    deleted = ci.raw("DELETE", "/plans/Slower", prefix="/api/workers/checkout")
    assert (deleted.status_code, ci("GET", "/plans")[1]) == (204, [])


def test_a_plan_of_all_workers_is_changed_at_its_own_address(ci: OwnApi) -> None:
    saved = ci.raw("PUT", "/plans/Slow", {"steps": "100"}, prefix="/api")
    assert saved.json()["worker"] is None
    assert ci("GET", "/plans")[1][0]["name"] == "Slow"
    assert ci("DELETE", "/plans/Slow")[1]["error"] == "for_all_workers"
    Token.objects.update(workers=["checkout"])
    assert ci.raw("DELETE", "/plans/Slow", prefix="/api").status_code == 403
