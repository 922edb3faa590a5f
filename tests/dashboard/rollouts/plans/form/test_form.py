"""The start page's form: every term at its field, nothing lost, and no script needed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.states import OnHarm
from dashboard.rollouts.models import Rollout, SavedPlan
from dashboard.rollouts.plans.form.form import USUAL, PlanForm
from dashboard.rollouts.plans.form.step_rows import StepRow
from dashboard.rollouts.plans.plan_text import plan_with
from dashboard.rollouts.plans.saved_plans import newest, save
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_traffic, make_worker

Form = dict[str, Any]
EVERY_TERM = {
    "steps": "1:5m,20:1h:proved:hand,100",
    "final_bake": "9m",
    "on_harm": "hold",
    "min_sample": 7,
    "min_callers": 3,
    "margin": 3.5,
    "error_limit": 0.125,
    "hours": "mon,thu 08:30-17:00 Europe/Berlin",
    "undo_window": "2h",
    "expiry": "3d",
    "confirm_review": False,
    "on_breach": {"errors": "hold"},
    "webhooks": [{"name": "crm", "url": "http://localhost/verdict"}],
}


@pytest.fixture
def client(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.maya)
    return client


def typed(plan: Any) -> Form:
    """What a browser sends for a form that says `plan`."""
    form = PlanForm.of_plan(plan)
    columns = zip(*((r.percentage, r.bake, r.rule, r.moves) for r in form.rows), strict=True)
    names = ("percentage", "bake", "rule", "moves")
    sent: Form = {"table": "1"} | dict(form.texts) | dict(zip(names, columns, strict=False))
    sent |= {"day": list(form.days), "outside": form.outside}
    sent |= {f"breach-{name}": value for name, value in form.breaches.items()}
    return sent | ({"in_hours": "on"} if form.in_hours else {})


def post(client: Client, scene: Scene, **form: Any) -> tuple[int, str]:
    asked = typed(USUAL) | {"version": str(scene.candidate.id)} | form
    answer = client.post(reverse("rollouts:worker", args=["checkout"]), asked)
    return answer.status_code, unescape(answer.content.decode())


def test_every_term_can_be_typed_and_is_shown_again(client: Client, scene: Scene) -> None:
    plan = plan_with(None, EVERY_TERM)
    data = QueryDict(mutable=True)
    for name, value in typed(plan).items():
        data.setlist(name, value if isinstance(value, list | tuple) else [value])
    assert PlanForm.from_query(data) == PlanForm.of_plan(plan)
    assert PlanForm.from_query(data).check("smoke") == (plan, {})
    assert post(client, scene, **typed(plan))[0] == 302
    assert scene.rollout().terms == plan


@pytest.mark.parametrize(
    ("field", "value", "place", "words"),
    [
        ("percentage", ["1", "x", "25", "50"], "percentage-2", "Write a percentage"),
        ("percentage", ["1", "5", "5", "50"], "percentage-3", "more than 5%"),
        ("percentage", ["1", "5", "25", "100"], "percentage-4", "less than 100%"),
        ("percentage", ["0", "5", "25", "50"], "percentage-1", "more than 0%"),
        ("bake", ["5m", "soon", "1m", "1m"], "bake-2", "is not a duration"),
        ("bake", ["5m", "10m", "10m"], "bake-4", "is not a duration"),
        ("rule", ["luck", "sample", "sample", "sample"], "rule-1", "Choose one of"),
        ("final_bake", "soon", "final_bake", "is not a duration"),
        ("on_harm", "smile", "on_harm", "is not one of"),
        ("min_sample", "many", "min_sample", "is not a whole number"),
        ("min_callers", "-1", "min_callers", "is not a whole number"),
        ("margin", "1", "margin", "above 1"),
        ("margin", "nan", "margin", "above 1"),
        ("error_limit", "0", "error_limit", "above 0"),
        ("error_limit", "x", "error_limit", "is not a number"),
        ("undo_window", "", "undo_window", "is not a duration"),
        ("expiry", "soon", "expiry", "is not a duration"),
        ("recheck", "1s", "recheck", "at least 5s"),
        ("recheck", "5m", "recheck", "has a suite"),
        ("begins", "9 am", "begins", "like 09:00"),
        ("ends", "08:00", "ends", "after 09:00"),
        ("zone", "Mars/Base", "zone", "is not a time zone"),
        ("day", [], "day", "Choose a day"),
        ("outside", "{", "outside", "is not JSON"),
        ("outside", '{"hooks": []}', "outside", "Write an object"),
        ("outside", '{"webhooks": [{"name": "crm"}]}', "outside", "missing"),
    ],
)
def test_an_error_is_at_its_field_and_nothing_is_lost(
    client: Client, scene: Scene, field: str, value: Any, place: str, words: str
) -> None:
    hours = {"in_hours": "on"} if field in ("begins", "ends", "zone", "day") else {}
    status, html = post(client, scene, **{"expiry": "11d", field: value} | hours)
    assert status == 422
    found = re.search(rf'id="error-{place}">([^<]*)<', html)
    assert found and words in found[1]
    assert f'aria-describedby="error-{place}"' in html or place == "day"
    assert field == "expiry" or 'value="11d"' in html
    assert not scene.worker.rollouts.exists()


def test_every_wrong_field_is_named_at_once(client: Client, scene: Scene) -> None:
    _, html = post(client, scene, final_bake="x", margin="1", percentage=["a", "5", "25", "50"])
    places = set(re.findall(r'id="error-([\w-]+)"', html))
    assert places == {"final_bake", "margin", "percentage-1"}


@pytest.mark.parametrize(
    ("do", "shares"),
    [
        ("add", ["1", "5", "25", "50", "75"]),
        ("remove:2", ["1", "25", "50"]),
        ("preset:checks-only", ["10", "50"]),
        ("preset:all-at-once", []),
        ("look", ["1", "5", "25", "50"]),
    ],
)
def test_buttons_change_the_form_and_start_nothing(
    client: Client, scene: Scene, do: str, shares: list[str]
) -> None:
    status, html = post(client, scene, do=do, expiry="11d")
    assert status == 200
    assert re.findall(r'inputmode="decimal"\s+value="([^"]*)"', html) == shares
    assert 'value="11d"' in html
    assert not scene.worker.rollouts.exists()


def test_a_longer_bake_is_one_click(client: Client, scene: Scene) -> None:
    make_traffic("checkout", 900_000, 1_800, scene.stable.id, minutes_ago=5)
    _, html = post(client, scene, do="look")
    found = re.search(r'value="bake:(\d):(\w+)"', html)
    assert found
    _, html = post(client, scene, do=f"bake:{found[1]}:{found[2]}")
    assert f'id="bake-{found[1]}"\n      value="{found[2]}"' in html


def test_typing_asks_for_what_the_steps_can_notice(client: Client, scene: Scene) -> None:
    make_traffic("checkout", 900_000, 1_800, scene.stable.id, minutes_ago=5)
    asked = typed(USUAL) | {"percentage": ["1", "5", "25", "60"]}
    html = client.get(
        reverse("rollouts:worker", args=["checkout"]), asked, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<form" not in html
    assert "Notices a 5× rise after about" in html
    assert 'id="advice-4" hx-swap-oob="true"' in html
    assert 'value="bake:2:37m"' in html and 'hx-target="#"' not in html
    assert "60:15m" in unescape(html)


def test_the_command_starts_what_the_form_would(client: Client, scene: Scene) -> None:
    plan = plan_with(None, EVERY_TERM | {"on_breach": {}, "webhooks": []})
    status, html = post(client, scene, do="look", **typed(plan))
    assert status == 200
    body = re.search(r"-d '(\{.*?\})'", html)
    assert body
    given = json.loads(body[1])
    assert given.pop("version_id") == str(scene.candidate.id)
    assert given.pop("auto")
    given.pop("deployment_id")
    assert plan_with(None, given | {"confirm_review": False}) == plan
    assert "--hours 'mon,thu 08:30-17:00 Europe/Berlin'" in html


def test_a_plan_is_saved_chosen_renamed_and_deleted(client: Client, scene: Scene) -> None:
    status, html = post(client, scene, do="save", plan_name="Slow", min_sample="7")
    assert (status, "Saved as Slow, edit 1" in html) == (200, True)
    saved = newest(scene.worker, "Slow")
    assert saved is not None and saved.plan.min_sample == 7
    plan = {"plan": str(saved.saved_plan_id)}
    _, html = post(client, scene, do="use", **plan)
    assert re.search(r'id="min_sample"\s+value="7"', html)
    page = client.get(reverse("rollouts:worker", args=["checkout"]), plan).content.decode()
    assert re.search(r'id="min_sample"\s+value="7"', page)
    assert re.search(r'id="plan_name"[^>]*value="Slow"', html)
    again = plan | {"plan_name": "Slow", "plan_edit": "1"}
    assert "edit 2" in post(client, scene, do="save", min_sample="8", **again)[1]
    status, html = post(client, scene, do="save", min_sample="9", **again)
    assert (status, "maya saved edit 2" in html) == (409, True)
    address = [scene.worker.name, saved.saved_plan_id]
    client.post(reverse("rollouts:rename-plan", args=address), {"name": "Slower"})
    assert SavedPlan.objects.get().name == "Slower"
    client.post(reverse("rollouts:delete-plan", args=address))
    assert not SavedPlan.objects.exists()


def test_a_start_records_the_plan_it_used(client: Client, scene: Scene) -> None:
    edit = save("Slow", USUAL, None, ActionRequest(scene.maya, "dashboard", scene.now))
    assert post(client, scene, plan=str(edit.saved_plan_id))[0] == 302
    assert scene.rollout().events.get().facts["plan_name"] == "Slow"


def test_another_workers_plan_is_not_touched(client: Client, scene: Scene) -> None:
    edit = save(
        "Slow", plan_of(), make_worker("pricing"), ActionRequest(scene.maya, "shell", scene.now)
    )
    address = reverse("rollouts:delete-plan", args=["checkout", edit.saved_plan_id])
    assert client.post(address).status_code == 404
    assert SavedPlan.objects.exists()


def test_viewers_save_nothing(vera: Client, scene: Scene) -> None:
    assert post(vera, scene, do="save", plan_name="Slow")[0] == 403
    edit = save("Slow", plan_of(), None, ActionRequest(scene.maya, "shell", scene.now))
    for route in ("rollouts:rename-plan", "rollouts:delete-plan"):
        address = reverse(route, args=["checkout", edit.saved_plan_id])
        assert vera.post(address, {"name": "x"}).status_code == 403
    assert SavedPlan.objects.get().name == "Slow"


def test_the_usual_plan_is_the_canary() -> None:
    assert [step.percentage for step in USUAL.steps] == ["1%", "5%", "25%", "50%", "100%"]
    assert USUAL.on_harm is OnHarm.ABORT


def test_queries_do_not_grow_with_plans_and_rollouts(client: Client, scene: Scene) -> None:
    by, address = (
        ActionRequest(scene.maya, "shell", scene.now),
        reverse("rollouts:worker", args=["checkout"]),
    )
    counts = []
    for size in (1, 4):
        for number in range(size):
            save(f"Plan {size} {number}", USUAL, scene.worker if number % 2 else None, by)
            rollout = scene.start()
            ACTIONS["abort"](rollout, by)
            Rollout.objects.filter(pk=rollout.pk).update(state="aborted", ended_at=scene.now)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1], counts


def test_too_many_steps_are_an_error_of_the_table() -> None:
    rows = tuple(StepRow(str(number)) for number in range(1, 21))
    plan, errors = replace(PlanForm.of_plan(USUAL), rows=rows).check("")
    assert plan is None
    assert "1 to 20 steps" in errors["steps"]
