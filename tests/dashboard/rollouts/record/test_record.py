"""The release record: what each step saw, the checks, the story, on a page and as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.record.record import record_of
from dashboard.smoketests.models import CheckResult, SmokeRun
from dashboard.smoketests.suites.edits import import_suite
from routing.models import Deployment
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import HARM, plan_of
from tests.factories import make_deployment, make_traffic


@pytest.fixture
def client(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.maya)
    return client


@pytest.fixture
def ended(scene: Scene) -> Scene:
    """Done, with checks, and with traffic at 20%."""
    text = "name: smoke\nchecks: [{name: home}]"
    import_suite(worker=scene.worker, text=text, author=None, source="shell", now=scene.now)
    scene.start(plan_of("20:10s,100"), suite="smoke")
    scene.look()
    scene.look()
    run = SmokeRun.objects.get()
    SmokeRun.objects.update(state=SmokeRun.State.PASSED)
    CheckResult.objects.create(run=run, position=0, name="home", edge="a", verdict="passed")
    for seconds in (0, 1):
        scene.look(seconds)
    live = Deployment.objects.filter(source="rollout").latest("number")
    make_traffic("checkout", 100, 3, scene.candidate.id, deployment_id=live.id)
    make_traffic("checkout", 400, 2, scene.stable.id, deployment_id=live.id)
    for seconds in (10, 5):
        scene.look(seconds)
    assert scene.rollout().state == State.DONE
    return scene


def address(scene: Scene, route: str) -> str:
    return reverse(f"rollouts:{route}", args=["checkout", scene.rollout().pk])


def test_each_step_has_its_share_its_time_and_the_figures_of_both(ended: Scene) -> None:
    record = record_of(ended.rollout())
    assert record is not None
    assert [step.percentage for step in record.steps] == ["0%", "20%", "100%"]
    assert [step.left_by for step in record.steps] == ["confirmed", "step_safe", "baked"]
    assert record.steps[1].lasted == timedelta(seconds=10)
    assert (record.steps[1].candidate, record.steps[1].stable) == ((100, 3), (400, 2))
    assert record.steps[2].candidate is None
    assert record.took == timedelta(seconds=16)


def test_the_export_has_everything_that_the_page_has(client: Client, ended: Scene) -> None:
    answer = client.get(address(ended, "record-json"))
    assert "attachment" in answer["Content-Disposition"]
    body = answer.json()
    assert (body["format"], body["state"], body["seconds"]) == (1, "done", 16)
    assert body["candidate"]["sums"] == {"requests": 100, "failed": 3}
    assert body["plan"]["steps"][0]["percentage"] == "20"
    checks = {"suite": "smoke", "edit": 1, "state": "passed", "passed": 1, "results": 1}
    assert checks.items() <= body["checks"][0].items()
    assert [event["code"] for event in body["events"]][-1] == "baked"


def test_the_page_has_absolute_times_and_is_linked_from_the_rollout(
    client: Client, ended: Scene
) -> None:
    assert address(ended, "record") in client.get(address(ended, "detail")).content.decode()
    html = client.get(address(ended, "record")).content.decode()
    assert "#2  is the new stable" in html or "#2 is the new stable" in html
    assert "3 of 100 failed" in html
    assert "smoke, edit 1" in html
    main = html[html.index("Who got it") :]
    assert " ago" not in main and " UTC" in main


def test_a_rollback_is_a_record_too(client: Client, scene: Scene) -> None:
    scene.start(plan_of("20:10s,100"))
    for _ in range(3):
        scene.look(1)
    scene.judgment = HARM
    for _ in range(3):
        scene.look(1)
    record = record_of(scene.rollout())
    assert record is not None
    assert [step.percentage for step in record.steps] == ["0%", "20%", "0%"]
    assert record.steps[1].left_by == "worse_than_stable"
    assert "was rolled back" in client.get(address(scene, "record")).content.decode()


def test_the_thresholds_of_slow_requests_are_on_record(client: Client, ended: Scene) -> None:
    page = client.get(address(ended, "record")).content.decode()
    assert "not judged: stable had too few requests in the day before" in page
    budget = {"p95_us": 210_000, "p99_us": 480_000, "requests": 12_000}
    ended.worker.rollouts.update(slow_budget=budget)
    page = client.get(address(ended, "record")).content.decode()
    assert "above 210 ms (p95) and 480 ms (p99) of 12,000 requests to stable" in page
    assert client.get(address(ended, "record-json")).json()["slow_budget"] == budget


def test_a_split_that_was_taken_over_is_its_first_step(scene: Scene) -> None:
    make_deployment(scene.worker, (scene.candidate, 30), (scene.stable, 70))
    scene.now = timezone.now()
    scene.start(plan_of("20:10s,100"))
    for seconds in (10, 5):
        scene.look(seconds)
    record = record_of(scene.rollout())
    assert record is not None
    assert [step.percentage for step in record.steps] == ["30%", "100%"]
    assert record.steps[0].lasted == timedelta(seconds=10)


def test_a_rollout_that_runs_has_none(client: Client, scene: Scene) -> None:
    scene.start()
    assert client.get(address(scene, "record")).status_code == 302
    assert client.get(address(scene, "record-json")).status_code == 409


def test_queries_do_not_grow_with_the_story(
    client: Client, ended: Scene, django_assert_num_queries: Any
) -> None:
    rollout = ended.rollout()
    with django_assert_num_queries(7):
        record_of(rollout)
    for _ in range(20):
        rollout.events.create(at=ended.now, state="done", step=1, code="baked")
    with django_assert_num_queries(7):
        record_of(rollout)


def test_an_undone_rollout_has_one_story(ended: Scene) -> None:
    ACTIONS["undo"](ended.rollout(), ActionRequest(ended.maya, "dashboard", ended.now))
    assert record_of(ended.rollout()) is None
    ended.look(1)
    ended.look(1)
    record = record_of(ended.rollout())
    assert record is not None
    assert [step.percentage for step in record.steps] == ["0%", "20%", "100%", "0%"]
    assert record.steps[2].left_by == "undone"
