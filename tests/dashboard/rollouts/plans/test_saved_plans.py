"""Plans saved by name, for one Worker or for all; each save is an edit that never changes."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dashboard.rollouts.actions.actions import ActionRequest
from dashboard.rollouts.models import SavedPlan, SavedPlanEdit
from dashboard.rollouts.plans.saved_plans import (
    SavedPlanError,
    delete,
    newest,
    rename,
    save,
    usable,
)
from routing.models import AuditEntry
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_worker


@pytest.fixture
def by(scene: Scene) -> ActionRequest:
    return ActionRequest(scene.maya, "dashboard", scene.now)


def command(*words: str) -> Any:
    """The JSON that `manage.py rollout` printed on its last line."""
    out = StringIO()
    call_command("rollout", *words, "--worker", "checkout", "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_each_save_is_an_edit_and_the_same_plan_is_none(scene: Scene, by: ActionRequest) -> None:
    first = save("Slow", plan_of("1:1h,100"), scene.worker, by)
    second = save("Slow", plan_of("2:1h,100"), scene.worker, by)
    assert save("Slow", plan_of("2:1h,100"), scene.worker, by) == second
    assert (first.number, second.number) == (1, 2)
    assert SavedPlanEdit.objects.get(number=1).plan == plan_of("1:1h,100")
    assert newest(scene.worker, "Slow") == second
    actions = AuditEntry.objects.filter(action="plan.save").values_list("actor", "subject")
    assert list(actions) == [("maya", "checkout")] * 2


def test_a_workers_own_plan_comes_before_that_of_all(scene: Scene, by: ActionRequest) -> None:
    for _ in range(2):
        save("Slow", plan_of(f"{1 + SavedPlanEdit.objects.count()}:1h,100"), None, by)
    own = save("Slow", plan_of("50:1h,100"), scene.worker, by)
    assert newest(scene.worker, "Slow") == own
    other = make_worker("pricing")
    found = newest(other, "Slow")
    assert found is not None and found.number == 2
    assert [e.number for e in usable(scene.worker)] == [1, 2]


def test_two_who_save_at_once_do_not_replace_each_other(scene: Scene, by: ActionRequest) -> None:
    save("Slow", plan_of("1:1h,100"), None, by, 0)
    save("Slow", plan_of("2:1h,100"), None, by, 1)
    with pytest.raises(SavedPlanError, match="maya saved edit 2") as refused:
        save("Slow", plan_of("3:1h,100"), None, by, 1)
    assert refused.value.code == "conflict"
    with pytest.raises(SavedPlanError, match="edit 2"):
        save("Slow", plan_of("3:1h,100"), None, by, 0)


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "canary", "a\nb"])
def test_a_name_that_is_none_is_refused(scene: Scene, by: ActionRequest, name: str) -> None:
    with pytest.raises(SavedPlanError) as refused:
        save(name, plan_of(), scene.worker, by)
    assert refused.value.code == "name"
    assert not SavedPlan.objects.exists()


def test_rename_and_delete_are_on_the_audit_trail(scene: Scene, by: ActionRequest) -> None:
    saved = save("Slow", plan_of(), None, by).saved_plan
    save("Fast", plan_of("100"), None, by)
    with pytest.raises(SavedPlanError, match="Fast") as refused:
        rename(saved, "Fast", by)
    assert refused.value.code == "taken"
    rename(SavedPlan.objects.get(name="Slow"), "Slower", by)
    delete(SavedPlan.objects.get(name="Slower"), by)
    assert [e.saved_plan.name for e in usable(scene.worker)] == ["Fast"]
    trail = AuditEntry.objects.filter(subject="all Workers").values_list("action", flat=True)
    assert sorted(trail) == ["plan.delete", "plan.rename", "plan.save", "plan.save"]


def test_the_cli_saves_and_starts_by_name(scene: Scene, by: ActionRequest) -> None:
    hours = ("--hours", "mon-sun 00:00-23:59 UTC")
    saved = command("save-plan", "--plan", "Slow", "--steps", "20:10s,100", *hours)[0]
    assert (saved["name"], saved["edit"], saved["worker"]) == ("Slow", 1, "checkout")
    assert command("save-plan", "--plan", "Slow", "--min-sample", "7")[0]["edit"] == 2
    assert [p["name"] for p in command("plans")] == ["Slow"]
    version = str(scene.candidate.id)
    tried = command(
        "start", "--version", version, "--plan", "Slow", "--final-bake", "9s", "--dry-run"
    )
    assert (tried["min_sample"], tried["final_bake"]) == (7, "9s")
    command("start", "--version", version, "--plan", "Slow", "--auto")
    line = scene.rollout().events.get()
    assert (line.code, line.facts["plan_name"], line.facts["plan_edit"]) == (
        "started_by_plan",
        "Slow",
        2,
    )
    command("rename-plan", "--plan", "Slow", "--to", "Slower")
    command("delete-plan", "--plan", "Slower")
    assert command("plans") == []


def test_changed_terms_are_not_recorded_as_the_saved_plan(scene: Scene, by: ActionRequest) -> None:
    edit = save("Slow", plan_of("1:1h,100"), None, by)
    rollout = scene.start(plan_of("2:1h,100"), saved=edit)
    assert rollout.events.get().code == "started"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["start", "--version", "x", "--plan", "Ghost"], "--plan: checkout has no plan called"),
        (["delete-plan", "--plan", "Ghost"], "--plan: checkout has no plan called"),
        (["save-plan", "--plan", "Slow"], "--steps: Write steps"),
        (["save-plan", "--plan", "canary", "--steps", "100"], "is a preset"),
        (["start", "--version", "x", "--steps", "100", "--timeout=nan"], "expected seconds"),
        (["start", "--version", "x", "--steps", "100", "--timeout=-1"], "expected seconds"),
    ],
)
def test_bad_usage_exits_with_2(scene: Scene, words: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        call_command("rollout", *words, "--worker", "checkout")
    assert refused.value.returncode in (1, 2)


def test_the_cli_changes_a_running_plan_and_steps_to_a_share(
    scene: Scene, by: ActionRequest
) -> None:
    scene.start(plan_of("20:10s,50:10s,100"))
    for _ in range(3):
        scene.look()
    command("change-plan", "--steps", "20:10s,30:10s,100", "--if-edit", "1")
    with pytest.raises(CommandError, match="Nothing changed"):
        command("change-plan", "--min-sample", "7", "--if-edit", "1")
    with pytest.raises(CommandError, match="not a step of the plan") as refused:
        command("step", "--to", "50")
    assert refused.value.returncode == 2
    with pytest.raises(CommandError, match="Nothing changed") as stale:
        command("step", "--to", "30", "--if-step", "3")
    assert stale.value.returncode == 1
    assert command("step", "--to", "30%", "--if-step", "0")["percentage"] == 30
