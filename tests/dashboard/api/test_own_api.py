"""Sluice's own API under `/api/`: suites, runs, rollouts and verbs, by the pages' rules."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.models import Role, Token
from dashboard.api.sluice.api import api as served
from dashboard.api.sluice.urls import urlpatterns
from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.states import State
from dashboard.smoketests.models import CheckResult, SmokeRun
from routing.models import AuditEntry
from tests.dashboard.api.conftest import Api
from tests.dashboard.rollouts.conftest import Scene, scene  # noqa: F401
from tests.dashboard.rollouts.playbook import HARM
from tests.factories import make_user

pytestmark = pytest.mark.django_db

SUITE = """# how it came
name: smoke
checks:
  - name: home
    assert: [{status: 200}]
"""


class OwnApi(Api):
    """Answers are (status, body)."""

    def __call__(self, method: str, path: str, body: Any = b"", **extra: Any) -> Any:
        answer = self.raw(method, path, body, prefix="/api/workers/checkout", **extra)
        is_json = "json" in answer["Content-Type"]
        return answer.status_code, answer.json() if is_json else answer.content.decode()

    def put_yaml(self, text: str = SUITE, name: str = "smoke") -> Any:
        return self("PUT", f"/suites/{name}", text.encode(), content_type="application/yaml")

    def start(self, scene: Scene, **given: Any) -> Any:  # noqa: F811
        body = {"version_id": str(scene.candidate.id), "steps": "20:10s,50:10s,100", "auto": True}
        return self("POST", "/rollouts", body | given)

    def verb(self, scene: Scene, verb: str, **given: Any) -> Any:  # noqa: F811
        rollout = scene.rollout()
        believed = {"deployment_id": rollout.deployment_id, "step": rollout.step}
        return self("POST", f"/rollouts/{rollout.pk}/{verb}", believed | given)


@pytest.fixture
def ci(scene: Scene) -> OwnApi:  # noqa: F811
    return OwnApi(make_user("ci", Role.OPERATOR), ["read", "deploy"], agent="curl/8")


@pytest.fixture
def ramping(ci: OwnApi, scene: Scene) -> Scene:  # noqa: F811
    """At 20%."""
    assert ci.start(scene)[0] == 201
    for _ in range(3):
        scene.look()
    return scene


def test_a_suite_in_yaml_is_exported_as_it_came(ci: OwnApi) -> None:
    status, suite = ci.put_yaml()
    assert (status, suite["edit"], suite["checks"], suite["author"]) == (200, 1, 1, "ci")
    assert ci("GET", "/suites/smoke?format=yaml") == (200, SUITE)
    assert ci.put_yaml()[1]["edit"] == 1


def test_a_suite_in_json_is_the_next_edit(ci: OwnApi) -> None:
    ci.put_yaml()
    document = ci("GET", "/suites/smoke")[1]["document"]
    document["checks"].append({"name": "api", "request": {"path": "/api"}})
    assert ci("PUT", "/suites/smoke", document)[1]["edit"] == 2
    listed = ci("GET", "/suites")[1]
    assert [(s["name"], s["edit"], s["checks"]) for s in listed] == [("smoke", 2, 2)]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("name: smoke\nchecks: [{name: a, assert: [{status: 99}]}]", "checks[0].assert[0].status"),
        ("name: other\nchecks: [{name: a}]", "name"),
        ("name: smoke", "checks"),
        ("&a [*a]", None),
        (" ", None),
        ('name: smoke\nchecks: [{name: "\\0"}]', None),
    ],
)
def test_a_suite_that_is_refused_names_the_field(ci: OwnApi, text: str, field: str | None) -> None:
    status, body = ci.put_yaml(text)
    assert (status, body["error"], body.get("field")) == (422, "invalid_suite", field)
    assert ci("GET", "/suites")[1] == []


def test_a_run_waits_shows_its_results_and_can_be_stopped(ci: OwnApi, scene: Scene) -> None:  # noqa: F811
    ci.put_yaml()
    status, run = ci("POST", "/runs", {"suite": "smoke", "version_id": str(scene.candidate.id)})
    assert (status, run["state"], run["suite"]) == (202, "waiting", "smoke")
    CheckResult.objects.create(
        run_id=run["id"], position=0, name="home", edge="local-1", verdict="failed"
    )
    assert ci("GET", f"/runs/{run['id']}")[1]["checks"][0]["verdict"] == "failed"
    assert ci("POST", f"/runs/{run['id']}/stop")[1]["state"] == "stopped"
    assert [r["id"] for r in ci("GET", "/runs")[1]] == [run["id"]]
    assert SmokeRun.objects.get().author.username == "ci"  # type: ignore[union-attr]


def test_a_run_without_a_subject_is_refused(ci: OwnApi) -> None:
    ci.put_yaml()
    assert ci("POST", "/runs", {"suite": "smoke"})[1]["error"] == "no_candidate"
    status, body = ci("POST", "/runs", {"suite": "ghost"})
    assert (status, body["error"], body["field"]) == (422, "unknown_suite", "suite")
    status, body = ci("POST", "/runs", {"suite": "smoke", "version_id": "x"})
    assert (status, body["field"]) == (422, "version_id")


def test_a_rollout_starts_with_the_same_object_as_the_cli(ci: OwnApi, scene: Scene) -> None:  # noqa: F811
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


def test_a_second_start_is_answered_with_the_first(ci: OwnApi, scene: Scene) -> None:  # noqa: F811
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
    scene: Scene,  # noqa: F811
    given: dict[str, Any],
    status: int,
    field: str,
) -> None:
    answered, body = ci.start(scene, **given)
    assert (answered, body["field"]) == (status, field)
    assert body["error"] and body["message"]
    assert not scene.worker.rollouts.exists()


def test_every_term_of_a_plan_can_be_given_and_tried_first(ci: OwnApi, scene: Scene) -> None:  # noqa: F811
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


def test_plans_are_saved_by_name_and_started(ci: OwnApi, scene: Scene) -> None:  # noqa: F811
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


def test_scopes_reading_and_deploying(ci: OwnApi, scene: Scene) -> None:  # noqa: F811
    reader = OwnApi(make_user("eva", Role.VIEWER), ["read"])
    assert reader("GET", "/rollouts") == (200, [])
    status, body = reader.start(scene)
    assert (status, body["error"]) == (403, "forbidden")
    assert "deploy" in body["message"]
    ci.put_yaml("name: smoke\nchecks: [{name: a, request: {headers: {cookie: hunter22}}}]")
    for path in ("/suites/smoke", "/suites/smoke?format=yaml"):
        assert "hunter22" in str(ci("GET", path)[1])
        assert "hunter22" not in str(reader("GET", path)[1])
    stranger = Client().get("/api/workers/checkout/rollouts")
    assert (stranger.status_code, stranger.json()["error"]) == (400, "no_token")


def test_a_token_for_one_worker_reads_all_and_changes_one(ci: OwnApi, scene: Scene) -> None:  # noqa: F811
    Token.objects.filter(pk=ci.token.pk).update(workers=["shop"])
    assert ci("GET", "/rollouts")[0] == 200
    assert ci.start(scene)[1]["error"] == "forbidden"


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/workers/ghost/rollouts", 404, "unknown_worker"),
        ("GET", "/workers/checkout/suites/ghost", 404, "unknown_suite"),
        ("GET", "/workers/checkout/suites/a%00b", 404, "unknown_suite"),
        ("GET", "/workers/checkout/rollouts/1", 422, "invalid"),
        ("DELETE", "/workers/checkout/rollouts", 405, "method_not_allowed"),
        ("GET", "/ghost", 404, "unknown_address"),
    ],
)
def test_addresses_that_lead_nowhere(
    ci: OwnApi, method: str, path: str, status: int, error: str
) -> None:
    answer = ci.raw(method, path, prefix="/api")
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_body_that_is_no_json_is_refused(ci: OwnApi) -> None:
    for path in ("/rollouts", "/runs"):
        status, body = ci("POST", path, b"{")
        assert (status, body["error"]) == (400, "invalid")
    assert ci("PUT", "/suites/smoke", b"[]")[1]["error"] == "invalid_suite"


def test_the_page_and_the_document_are_made_of_what_is_served(client: Client, ci: OwnApi) -> None:
    document = served.get_openapi_schema()
    paths = {
        "/api/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        for pattern in urlpatterns
        if "^" not in str(pattern.pattern)
    }
    assert paths - set(document["paths"]) == {"/api/", "/api/openapi.json"}
    assert ci.raw("GET", "/openapi.json", prefix="/api").json()["openapi"].startswith("3.")
    found = set(re.findall(r"#/components/schemas/([^'\"]+)", str(dict(document))))
    assert found <= set(document["components"]["schemas"])
    client.force_login(ci.token.user)
    html = client.get("/api/").content.decode()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["security"] and operation["description"]
            assert f"<code>{method.upper()} {path}</code>" in html
    assert 'href="/api/"' in client.get("/client/v4/").content.decode()


def test_lists_take_a_constant_number_of_queries(
    ci: OwnApi,
    ramping: Scene,
    django_assert_num_queries: Any,
) -> None:
    path = f"/rollouts/{ramping.rollout().pk}"
    ci("GET", path)
    with django_assert_num_queries(4):  # token, Worker, rollout, events
        ci("GET", path)
    with django_assert_num_queries(3):
        ci("GET", "/rollouts")


def test_a_body_that_is_too_large_is_the_callers_fault(ci: OwnApi, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    status, body = ci.put_yaml("x" * 2000)
    assert (status, body["error"]) == (413, "too_large")
    path = "/client/v4/accounts/{}/workers/scripts/checkout/deployments"
    given = {"strategy": "x" * 2000}
    answer = ci.raw("POST", path.format(settings.ACCOUNT_ID), given, prefix="")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, 10026)
