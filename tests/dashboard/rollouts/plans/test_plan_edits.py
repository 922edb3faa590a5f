"""A change of a running plan is a new edit, in force from the next step and never for this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.rollouts import messages
from dashboard.rollouts.actions.actions import ACTIONS, ActionRefused, ActionRequest
from dashboard.rollouts.conductor.advance import Stale
from dashboard.rollouts.decisions.plan import Plan, PlanError, parse_steps
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.plans.plan_edits import change_plan
from dashboard.rollouts.plans.plan_text import plan_with
from routing.models import AuditEntry
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.plans.form.test_form import typed
from tests.dashboard.rollouts.playbook import NOT_YET, plan_of, play
from tests.factories import make_deployment

Change = Callable[..., Plan]


@pytest.fixture
def ramping(scene: Scene) -> Scene:
    """At 20%, with a judgment that does not let it step."""
    scene.start(plan_of("20:10s,50:10s,100"))
    for _ in range(3):
        scene.look()
    scene.judgment = NOT_YET
    return scene


@pytest.fixture
def change(ramping: Scene) -> Change:
    """Changes the running plan by terms; the plan that is in force now."""

    def change(edit: int | None = None, **terms: object) -> Plan:
        rollout = ramping.rollout()
        plan = plan_with(rollout.as_value().upcoming, terms)
        by = ActionRequest(ramping.maya, "dashboard", ramping.now, "slower")
        change_plan(rollout, plan, by, rollout.plan_edit if edit is None else edit)
        return ramping.rollout().terms

    return change


def test_a_change_applies_from_the_next_step(ramping: Scene, change: Change) -> None:
    before = ramping.rollout().terms
    assert change(steps="20:10s,30:1h,100", min_sample=7) == before
    ramping.look(3600)
    assert ramping.rollout().terms == before
    ACTIONS["step"](ramping.rollout(), ActionRequest(ramping.maya, "dashboard", ramping.now))
    rollout = ramping.rollout()
    assert ramping.live() == {1: 70_000, 2: 30_000}
    assert (rollout.terms.min_sample, rollout.next_plan) == (7, None)
    assert rollout.terms.steps[1].bake == timedelta(hours=1)
    deployment = ramping.worker.deployments.get(pk=rollout.deployment_id)
    assert deployment.counts["block_seconds"] == 60, "blocks are those of the new step"


def test_a_change_is_on_the_story_and_the_audit_trail(ramping: Scene, change: Change) -> None:
    change(steps="20:10s,30:1h,100")
    line = ramping.rollout().events.last()
    assert line is not None
    assert (line.code, line.username, line.facts["edit"]) == ("plan_changed", "maya", 2)
    words = messages.reason(line.code, line.facts)
    assert "edit 2, in force from the next step" in words
    assert "steps: 20:10s,50:10s,100 → 20:10s,30:1h,100" in words
    assert line.facts["plan"]["steps"][1]["percentage"] == "30"
    assert AuditEntry.objects.filter(action="rollout.change_plan", actor="maya").exists()


def test_the_newest_edit_wins_and_a_stale_one_changes_nothing(
    ramping: Scene, change: Change
) -> None:
    change(min_sample=7)
    with pytest.raises(Stale):
        change(edit=1, min_sample=8)
    change(min_sample=9)
    rollout = ramping.rollout()
    assert (rollout.plan_edit, rollout.as_value().upcoming.min_sample) == (3, 9)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("10:10s,50:10s,100", "have begun stay as they are: 20%"),
        ("20:1h,50:10s,100", "have begun stay as they are: 20%"),
    ],
)
def test_steps_that_have_begun_stay(change: Change, steps: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        change(steps=steps)


def test_the_next_step_is_above_what_the_candidate_has(scene: Scene) -> None:
    make_deployment(scene.worker, (scene.candidate, 30), (scene.stable, 70))
    rollout = scene.start(plan_of("20:10s,50:10s,100"))
    plan = replace(rollout.terms, steps=parse_steps("20:10s,25:1h,100"))
    with pytest.raises(PlanError, match="above 30%"):
        change_plan(rollout, plan, ActionRequest(scene.maya, "dashboard", scene.now), 1)


def test_no_change_and_no_next_step_are_refused(ramping: Scene, change: Change) -> None:
    with pytest.raises(ActionRefused) as refused:
        change(min_sample=100)
    assert refused.value.code == "same"
    ACTIONS["finish"](ramping.rollout(), ActionRequest(ramping.maya, "dashboard", ramping.now))
    with pytest.raises(ActionRefused, match="last step is running"):
        change(min_sample=7)


def test_a_change_while_staged_waits_for_the_first_step() -> None:
    book = play(plan_of("20:10s,100"))
    book.look()
    book.change(next_plan=plan_of("5:10s,100"), edit=2)
    book.look()
    assert book.rollout.next_plan is not None
    assert book.look().facts == {"percentage": "5%", "edit": 2}
    assert (book.rollout.next_plan, book.deployed) == (None, [0, 5_000])


def test_going_back_applies_no_edit(ramping: Scene, change: Change) -> None:
    before = change(min_sample=7)
    ACTIONS["abort"](ramping.rollout(), ActionRequest(ramping.maya, "dashboard", ramping.now))
    assert ramping.rollout().terms == before
    with pytest.raises(ActionRefused, match="has no next step"):
        change(min_sample=8)


@pytest.mark.parametrize(
    ("to", "live", "state"),
    [
        (100_000, {2: 100_000}, State.BAKING),
        (0, {1: 100_000, 2: 0}, State.HELD),
    ],
)
def test_step_goes_to_a_named_share(
    ramping: Scene, to: int, live: dict[int, int], state: State
) -> None:
    ACTIONS["step"](ramping.rollout(), ActionRequest(ramping.maya, "dashboard", ramping.now, to=to))
    assert (ramping.live(), ramping.rollout().state) == (live, state)


@pytest.mark.parametrize(
    ("to", "code"), [(20_000, "step"), (33_000, "unknown_step"), (1, "unknown_step")]
)
def test_a_share_that_is_no_other_step_is_refused(ramping: Scene, to: int, code: str) -> None:
    with pytest.raises(ActionRefused) as refused:
        ACTIONS["step"](
            ramping.rollout(), ActionRequest(ramping.maya, "dashboard", ramping.now, to=to)
        )
    assert refused.value.code == code
    assert ramping.live() == {1: 80_000, 2: 20_000}


def test_a_step_of_the_next_edit_can_be_named(ramping: Scene, change: Change) -> None:
    change(steps="20:10s,33:1h,100")
    ACTIONS["step"](
        ramping.rollout(), ActionRequest(ramping.maya, "dashboard", ramping.now, to=33_000)
    )
    assert ramping.live() == {1: 67_000, 2: 33_000}


@pytest.mark.parametrize("verb", ["step", "finish"])
def test_a_token_does_not_pass_the_review_by_naming_a_step(scene: Scene, verb: str) -> None:
    scene.start(plan_of(confirm_review=True))
    for _ in range(2):
        scene.look()
    token = ActionRequest(scene.maya, "api", scene.now, by_token=True, to=20_000)
    with pytest.raises(ActionRefused) as refused:
        ACTIONS[verb](scene.rollout(), token)
    assert refused.value.code == "person"


def page(client: Client, scene: Scene, *place: str) -> str:
    address = reverse("rollouts:" + (place[0] if place else "detail"), args=_place(scene))
    return unescape(client.get(address).content.decode())


def _place(scene: Scene) -> list[object]:
    return ["checkout", scene.rollout().pk]


@pytest.fixture
def client(ramping: Scene) -> Client:
    client = Client()
    client.force_login(ramping.maya)
    return client


def test_the_page_changes_the_plan_of_the_next_step(client: Client, ramping: Scene) -> None:
    html = page(client, ramping, "change-plan")
    assert "Has begun: stays as it is" in html
    assert "rollout change-plan --worker checkout" in html
    assert "--if-edit 1 --if-step 0" in html
    form = typed(ramping.rollout().terms) | {"edit": "1", "step": "0", "expiry": "11d"}
    address = reverse("rollouts:change-plan", args=_place(ramping))
    assert client.post(address, form | {"do": "look"}).status_code == 200
    wrong = client.post(address, form | {"percentage": ["10", "50"]})
    assert (wrong.status_code, "have begun" in wrong.content.decode()) == (422, True)
    assert client.post(address, form | {"reason": "slower"}).status_code == 302
    stale = client.post(address, form)
    assert stale.status_code == 409
    assert "maya moved the rollout at" in unescape(stale.content.decode())
    assert 'value="11d"' in stale.content.decode()
    html = page(client, ramping)
    assert "From the next step: 20%, 50%, 100%" in html
    assert "expiry: 7d → 11d" in html and "slower" in html


def test_the_page_steps_to_a_share_by_the_turn_it_was_read_at(
    client: Client, ramping: Scene
) -> None:
    html = page(client, ramping)
    assert 'id="ask-step-to"' in html
    assert "rollout step --worker checkout --to 100" in html
    address = reverse("rollouts:act", args=[*_place(ramping), "step"])
    turn = str(ramping.rollout().turn)
    client.post(address, {"turn": turn, "to": "33%"})
    assert ramping.live() == {1: 80_000, 2: 20_000}
    assert client.post(address, {"turn": turn, "to": "100%"}).status_code == 302
    assert ramping.live() == {2: 100_000}
    assert client.post(address, {"turn": turn, "to": "20%"}).status_code == 409
    assert ramping.live() == {2: 100_000}


def test_a_viewer_changes_no_plan(vera: Client, ramping: Scene) -> None:
    form = typed(ramping.rollout().terms) | {"edit": "1", "step": "0", "expiry": "11d"}
    address = reverse("rollouts:change-plan", args=_place(ramping))
    assert vera.post(address, form).status_code == 403
    assert ramping.rollout().plan_edit == 1
