"""Backtests from the page, the command and the API: the same replay of the same counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.observability.models import CallerCount, Count, Span, StepCount
from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.models import Rollout
from routing.models import Deployment
from tests.dashboard.api.conftest import Api
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_traffic, make_user


@pytest.fixture
def ended(scene: Scene) -> Rollout:
    """At 20% the candidate failed 60 of 200 in two minutes, stable 4 of 800; it was aborted."""
    scene.now -= timedelta(minutes=10)
    scene.start(plan_of("20:1h,100"))
    while scene.rollout().state != State.RAMPING:
        scene.look()
    live = scene.rollout().deployment_id
    for minute in (5, 6):
        for version, requests, failed in ((scene.candidate, 100, 30), (scene.stable, 400, 2)):
            make_traffic("checkout", requests, failed, version.id, minute, live)
    ACTIONS["abort"](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now))
    while scene.rollout().state != State.ROLLED_BACK:
        scene.look(240)
    return scene.rollout()


@pytest.fixture
def client(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.maya)
    return client


def run(*words: str) -> str:
    output = StringIO()
    call_command("rollout", "backtest", "--worker", "checkout", *words, stdout=output)
    return output.getvalue()


def test_a_rollout_that_ended_is_replayed_by_another_plan(ended: Rollout) -> None:
    told = json.loads(run("--rollout", str(ended.pk), "--steps", "20:1h,100", "--json"))
    assert told["outcome"] == "rolled_back"
    (step,) = told["steps"]
    assert step["candidate"]["failed"] >= 30
    assert step["judgments"][0] | {"words": ""} == {
        "name": "errors",
        "verdict": "harm",
        "code": "worse_than_stable",
        "words": "",
        "on_breach": "roll_back",
    }
    held = run("--rollout", str(ended.pk), "--steps", "20:1h,100", "--on-harm", "hold")
    assert "Would have held at 20%" in held
    assert "not reached" in held


def test_without_steps_its_own_plan_is_replayed(ended: Rollout) -> None:
    told = json.loads(run("--rollout", str(ended.pk), "--json"))
    assert told["plan"]["steps"] == ended.plan["steps"]


def test_blocks_of_the_rollout_are_read_where_its_edges_counted_in_them(ended: Rollout) -> None:
    CallerCount.objects.all().delete()
    Count.objects.filter(span=Span.MINUTE).delete()
    live = Deployment.objects.filter(source="rollout", shares__weight=20_000).first()
    assert live is not None
    start = int(timezone.now().timestamp()) - 300
    for i in range(60):
        for version, requests, failed in ((ended.candidate_id, 10, 3), (ended.stable_id, 40, 0)):
            StepCount.objects.create(
                deployment_id=str(live.id),
                version_id=str(version),
                start=start + 2 * i,
                edge="local-1",
                requests=requests,
                callers=requests,
                failed=failed,
                failing=failed,
                **dict.fromkeys(StepCount.NUMBERS[4:], 0),
            )
    told = json.loads(run("--rollout", str(ended.pk), "--steps", "20:10s,100", "--json"))
    assert told["outcome"] == "rolled_back"
    assert told["steps"][0]["seconds"] <= 20


def test_the_last_hours_are_replayed_with_a_version_like_stable(scene: Scene) -> None:
    for minute in range(1, 40):
        make_traffic("checkout", 300, 3, scene.stable.id, minute)
    words = ("--hours", "1", "--steps", "50:10m,100", "--final-bake", "5m")
    assert "Would have reached 100%" in run(*words)
    assert "Would have rolled back at 50%" in run(*words, "--rise", "10")


def test_traffic_that_is_no_longer_stored_says_so(ended: Rollout) -> None:
    CallerCount.objects.all().delete()
    Count.objects.all().delete()
    assert "No counts are stored" in run("--rollout", str(ended.pk))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--hours: Name a rollout or a number of hours"),
        (["--hours", "1", "--rollout", "x"], "--hours: Name a rollout"),
        (["--hours", "0"], "--hours: Write 1 to 48"),
        (["--hours", "1000"], "--hours: Write 1 to 48"),
        (["--rollout", "nonsense"], "--rollout: checkout has no rollout"),
        (["--hours", "1"], "--steps: Write steps"),
        (["--hours", "1", "--steps", "50"], "--steps: The last step is 100%"),
        (["--hours", "1", "--steps", "100", "--rise", "-1"], "--rise: Write 0 to"),
        (["--hours", "1", "--steps", "100", "--rise", "nan"], "--rise: Write 0 to"),
    ],
)
def test_what_is_wrong_is_named(scene: Scene, words: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as error:
        run(*words)
    assert error.value.returncode == 2


def test_the_page_shows_each_step_and_can_be_shared(client: Client, ended: Rollout) -> None:
    address = reverse("rollouts:backtest", args=["checkout"])
    empty = client.get(address).content.decode()
    assert "Choose traffic and a plan" in empty and str(ended.pk) in empty
    html = client.get(address, {"over": str(ended.pk)}).content.decode()
    assert "Would have rolled back at 20%" in html
    assert "not reached" in html
    assert "20:1h,100" in html
    record = reverse("rollouts:record", args=["checkout", ended.pk])
    assert f"{address}?over={ended.pk}" in client.get(record).content.decode()
    start = client.get(reverse("rollouts:worker", args=["checkout"])).content.decode()
    assert address in start


def test_one_plan_is_tried_on_the_last_rollouts(client: Client, ended: Rollout) -> None:
    address = reverse("rollouts:backtest", args=["checkout"])
    html = client.get(address, {"over": "recent", "steps": "20:1h,100"}).content.decode()
    assert "On the last rollout this plan would have rolled back 1 and held 0." in html
    assert reverse("rollouts:detail", args=["checkout", ended.pk]) in html
    held = client.get(address, {"over": "recent", "steps": "20:1h,100", "on_harm": "hold"})
    assert "rolled back 0 and held 1" in held.content.decode()
    Count.objects.all().delete()
    CallerCount.objects.all().delete()
    gone = client.get(address, {"over": "recent"}).content.decode()
    assert "No rollout that ended has counts to replay." in gone
    assert client.get(address, {"over": "recent", "steps": "50"}).status_code == 422


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"hours": "many"}, "hours"),
        ({"hours": "999"}, "hours"),
        ({"rise": "x"}, "rise"),
        ({"rise": "1e9"}, "rise"),
        ({"steps": "50"}, "steps"),
        ({"final_bake": "soon"}, "final_bake"),
        ({"error_limit": "0"}, "error_limit"),
        ({"min_sample": "-"}, "min_sample"),
    ],
)
def test_the_page_names_the_field_that_is_wrong(
    client: Client, given: dict[str, str], field: str
) -> None:
    asked = {"over": "hours"} | given
    answer = client.get(reverse("rollouts:backtest", args=["checkout"]), asked)
    html = answer.content.decode()
    assert answer.status_code == 422
    before, _, after = html.partition(f'name="{field}"')
    assert "aria-invalid" in after.split(">")[0]
    assert html.count("aria-invalid") == 1


def test_the_api_answers_the_same(scene: Scene, ended: Rollout) -> None:
    api = Api(make_user("ci", Role.OPERATOR), ["read"])
    path = f"/backtest?rollout_id={ended.pk}&steps=20:1h,100"
    told = api.raw("GET", path, prefix="/api/workers/checkout").json()
    assert told == json.loads(run("--rollout", str(ended.pk), "--steps", "20:1h,100", "--json"))
    wrong = api.raw("GET", "/backtest?hours=0&steps=100", prefix="/api/workers/checkout")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "hours")


def test_queries_do_not_grow_with_the_traffic(
    client: Client, ended: Rollout, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for minute in range(1, 60):
        make_traffic("checkout", 100, 1, ended.stable_id, minute)
    with django_assert_max_num_queries(24):
        client.get(reverse("rollouts:backtest", args=["checkout"]), {"over": str(ended.pk)})
