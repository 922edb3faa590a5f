"""The pages of rollouts: what they show in each state, who may act, and a page that is stale."""

from __future__ import annotations

import json
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.page.context import milestones
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import HARM, plan_of
from tests.factories import make_traffic


@pytest.fixture
def client(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.maya)
    return client


def page(client: Client, scene: Scene) -> str:
    answer = client.get(reverse("rollouts:detail", args=["checkout", scene.rollout().pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def act(client: Client, scene: Scene, verb: str, turn: int | None = None, **form: str) -> int:
    rollout = scene.rollout()
    asked = {"turn": str(rollout.turn if turn is None else turn)} | form
    return client.post(
        reverse("rollouts:act", args=["checkout", rollout.pk, verb]), asked
    ).status_code


def test_it_is_started_from_the_form(client: Client, scene: Scene) -> None:
    form = {"version": str(scene.candidate.id), "steps": "20:10s,100", "final_bake": "5s"}
    answer = client.post(reverse("rollouts:worker", args=["checkout"]), form)
    assert answer.status_code == 302
    assert scene.rollout().owner == scene.maya
    assert "Staging" in page(client, scene)


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"steps": "50"}, 422, "The last step is 100%"),
        ({"min_sample": "many"}, 422, "is not a whole number"),
        ({"final_bake": "soon"}, 422, "is not a duration"),
        ({"version": "nonsense"}, 409, "has no version with the id"),
        ({"expected": "0" * 8 + "-0000-4000-8000-" + "0" * 12}, 409, "in the meantime"),
    ],
)
def test_a_form_that_is_refused_says_why_and_keeps_what_was_typed(
    client: Client, scene: Scene, form: dict[str, str], status: int, words: str
) -> None:
    asked = {"version": str(scene.candidate.id), "steps": "33:10s,100"} | form
    answer = client.post(reverse("rollouts:worker", args=["checkout"]), asked)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "min_callers" in answer.content.decode()
    assert not scene.worker.rollouts.exists()


def test_a_second_start_leads_to_the_first(client: Client, scene: Scene) -> None:
    first = scene.start()
    form = {"version": str(scene.candidate.id), "steps": "100"}
    answer = client.post(reverse("rollouts:worker", args=["checkout"]), form)
    assert answer.url.endswith(f"/{first.pk}/")  # type: ignore[attr-defined]


def test_the_plan_says_what_it_can_notice(client: Client, scene: Scene) -> None:
    make_traffic("checkout", 5000, 100, scene.stable.id, minutes_ago=5)
    html = client.get(
        reverse("rollouts:worker", args=["checkout"]) + "?steps=50:2h,100"
    ).content.decode()
    assert "5,000 requests" in html
    assert "in time" in html or "too late" in html


def test_each_state_has_its_title_and_its_buttons(client: Client, scene: Scene) -> None:
    scene.start(plan_of("20:10s,50:10s,100", confirm_review=True))
    seen = {State(scene.rollout().state): page(client, scene)}
    for verb in ("", "", "", "confirm", "", "hold", "resume", "finish", "abort", "", ""):
        if verb:
            assert act(client, scene, verb) == 302
        else:
            scene.look()
        seen[State(scene.rollout().state)] = page(client, scene)
    assert "Confirm, start the ramp" in seen[State.REVIEW]
    assert "Step up to 50%" in seen[State.RAMPING]
    assert "Held at 20%" in seen[State.HELD]
    assert "Finish now" in seen[State.BAKING]
    assert "Resume deploys" in seen[State.ROLLED_BACK]
    assert scene.rollout().state == State.ROLLED_BACK


def test_every_button_is_a_command_for_the_terminal_and_for_http(
    client: Client, scene: Scene
) -> None:
    scene.start()
    for _ in range(3):
        scene.look()
    html = unescape(page(client, scene))
    rollout = scene.rollout()
    assert "manage.py rollout hold --worker checkout --user YOU" in html
    assert f"/api/workers/checkout/rollouts/{rollout.pk}/abort" in html
    body = json.dumps({"deployment_id": rollout.deployment_id, "step": 0})
    assert body in html


def test_a_stale_page_changes_nothing_and_names_who_moved_it(client: Client, scene: Scene) -> None:
    scene.start()
    for _ in range(3):
        scene.look()
    stale = scene.rollout().turn
    ACTIONS["hold"](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now))
    rollout = scene.rollout()
    answer = client.post(
        reverse("rollouts:act", args=["checkout", rollout.pk, "step"]), {"turn": str(stale)}
    )
    assert answer.status_code == 409
    assert "maya" in answer.content.decode()
    assert scene.rollout().turn == rollout.turn


def test_a_verb_that_makes_no_sense_is_refused_with_words(client: Client, scene: Scene) -> None:
    scene.start()
    assert act(client, scene, "resume") == 302
    assert "cannot be resumed" in client.get("/rollouts/").content.decode()
    assert act(client, scene, "explode") == 404


def test_viewers_look_and_do_not_act(vera: Client, scene: Scene) -> None:
    scene.start()
    rollout = scene.rollout()
    html = page(vera, scene)
    assert "Operators:" in html or "operator" in html
    answer = vera.post(
        reverse("rollouts:act", args=["checkout", rollout.pk, "abort"]), {"turn": "0"}
    )
    assert answer.status_code == 403
    start = vera.post(reverse("rollouts:worker", args=["checkout"]), {"version": "x"})
    assert start.status_code == 403


def test_the_list_shows_what_needs_a_person_first(client: Client, scene: Scene) -> None:
    scene.start()
    for _ in range(3):
        scene.look()
    scene.judgment = HARM
    html = client.get("/rollouts/").content.decode()
    assert "checkout" in html
    for _ in range(4):
        scene.look()
    assert "No rollout is running" in client.get("/rollouts/").content.decode()
    assert "Rolled back" in client.get("/rollouts/?show=all").content.decode()


def test_queries_do_not_grow_with_the_story(client: Client, scene: Scene) -> None:
    scene.start(plan_of("1:1h,100"))
    for _ in range(3):
        scene.look()
    counts = []
    for times in (1, 10):
        for verb in ("hold", "resume") * times:
            ACTIONS[verb](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now))
        page(client, scene)
        with CaptureQueriesContext(connection) as queries:
            page(client, scene)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 40


def test_a_reason_is_no_longer_than_its_field(client: Client, scene: Scene) -> None:
    rollout = scene.start()
    address = reverse("rollouts:act", args=["checkout", rollout.pk, "hold"])
    client.post(address, {"turn": str(rollout.turn), "reason": "x" * 100_000})
    line = scene.rollout().events.last()
    assert line is not None
    assert line.facts["reason"] == "x" * 500


def test_a_step_without_a_bake_says_none(client: Client, scene: Scene) -> None:
    scene.start(plan_of("20,100"))
    html = page(client, scene)
    assert "0.0 ms" not in html
    assert "none" in html


@pytest.mark.parametrize(
    ("suite", "confirm_review", "words"),
    [
        ("", False, {"No checks": "todo", "No review": "todo", "Stage": "done"}),
        ("smoke", True, {"Checks": "done", "Review": "done", "Stage": "done"}),
    ],
)
def test_no_mark_claims_what_did_not_happen(
    scene: Scene, suite: str, confirm_review: bool, words: dict[str, str]
) -> None:
    scene.start(plan_of(confirm_review=confirm_review))
    rollout = scene.rollout()
    rollout.suite, rollout.state, rollout.step = suite, State.RAMPING.value, 0
    looks = {m.word: m.look for m in milestones(rollout)}
    assert words.items() <= looks.items()


def test_an_abort_before_any_traffic_marks_no_check_as_failed(scene: Scene) -> None:
    scene.start()
    ACTIONS["abort"](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now))
    assert "failed" not in {m.look for m in milestones(scene.rollout())}


def test_slow_requests_are_a_row_with_the_threshold_fixed_at_the_start(
    client: Client, scene: Scene
) -> None:
    rollout = scene.start()
    for _ in range(3):
        scene.look()
    assert "No budget: stable had too few requests" in page(client, scene)
    rollout.worker.rollouts.update(slow_budget={"p95_us": 210_000, "p99_us": 480_000})
    shown = page(client, scene)
    assert "slower than 210 ms; by caller" in shown
    assert "slower than 480 ms; by caller" in shown
