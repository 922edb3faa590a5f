"""manage.py rollout: what scripts read, and the exit codes they branch on."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

from dashboard.rollouts import messages
from dashboard.rollouts.actions import actions
from dashboard.rollouts.decisions import guardrails, next_step
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.models import Rollout
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import BLIND, HARM

STARTED = ("--steps", "20:10s,100", "--auto", "--version")
Run = Callable[..., tuple[dict[str, Any], int]]


@pytest.fixture
def run(scene: Scene) -> Run:
    """Runs the command for `checkout`; its JSON and its exit code."""

    def run(action: str, *words: str) -> tuple[dict[str, Any], int]:
        out = StringIO()
        try:
            call_command("rollout", action, "--worker", "checkout", "--json", *words, stdout=out)
            code = 0
        except SystemExit as end:
            code = int(str(end.code))
        return json.loads(out.getvalue().splitlines()[-1]), code

    return run


@pytest.fixture
def conducted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Each time the command waits, the conductor looks once, eleven seconds later."""
    monkeypatch.setattr("time.sleep", lambda _: scene.look(11))
    return scene


def start(scene: Scene, run: Run, *words: str) -> tuple[dict[str, Any], int]:
    version = str(scene.candidate.id)
    return run("start", "--version", version, "--steps", "20:10s,100", "--auto", *words)


def test_start_prints_one_object_on_its_last_line(scene: Scene, run: Run) -> None:
    printed, code = start(scene, run)
    assert code == 0
    assert printed["state"] == "staging"
    assert printed["url"].endswith(f"/workers/checkout/rollouts/{printed['id']}/")
    assert set(printed) >= {"id", "state", "url", "reason"}


def test_waiting_ends_with_done(conducted: Scene, run: Run) -> None:
    printed, code = start(conducted, run, "--final-bake", "5s", "--wait")
    assert (printed["state"], code) == ("done", 0)


def test_waiting_ends_with_a_way_back(conducted: Scene, run: Run) -> None:
    conducted.judgment = HARM
    printed, code = start(conducted, run, "--wait")
    assert (printed["state"], code) == ("rolled_back", 1)


def test_a_hold_that_needs_a_person_ends_the_wait(conducted: Scene, run: Run) -> None:
    conducted.judgment = HARM
    printed, code = start(conducted, run, "--on-harm", "hold", "--wait")
    assert (printed["state"], code) == ("held", 3)


def test_a_hold_without_figures_waits_until_the_timeout(
    scene: Scene, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.judgment = BLIND
    looks = []
    # A clock of its own: a tenth of a second for each look, however long one takes here.
    clock = SimpleNamespace(
        monotonic=lambda: len(looks) / 10, sleep=lambda _: looks.append(scene.look(11))
    )
    monkeypatch.setattr("dashboard.rollouts.management.commands.rollout.time", clock)
    printed, code = start(scene, run, "--wait", "--timeout", "1")
    assert (printed["state"], code) == ("held", 3)
    assert len(looks) == 11


def test_status_reports_without_changing_anything(scene: Scene, run: Run) -> None:
    start(scene, run)
    turn = scene.rollout().turn
    printed, code = run("status")
    assert (printed["state"], code, scene.rollout().turn) == ("staging", 0, turn)


def test_verbs_act_and_name_the_person(scene: Scene, run: Run) -> None:
    start(scene, run)
    scene.look()
    printed, code = run("abort", "--user", "maya", "--reason", "wrong version")
    assert (printed["state"], code) == ("rolling_back", 0)
    line = scene.rollout().events.last()
    assert line is not None
    assert (line.username, line.facts["reason"]) == ("maya", "wrong version")


def test_a_dry_run_prints_the_plan_and_starts_nothing(scene: Scene, run: Run) -> None:
    printed, code = start(scene, run, "--dry-run", "--min-sample", "7")
    assert (printed["min_sample"], code) == (7, 0)
    assert not Rollout.objects.exists()


@pytest.mark.parametrize(
    ("judgment", "found"),
    [(None, {"failures": "0", "errors": "1"}), (HARM, {"failures": "1", "errors": "0"})],
)
def test_junit_says_how_it_ended(
    conducted: Scene, run: Run, tmp_path: Path, judgment: Any, found: dict[str, str]
) -> None:
    conducted.judgment = judgment
    file = tmp_path / "out.xml"
    run(
        "start",
        *STARTED,
        str(conducted.candidate.id),
        "--junit",
        str(file),
        "--wait",
        "--timeout",
        "1",
    )
    suite = ElementTree.fromstring(file.read_text()).find("testsuite")
    assert suite is not None
    assert {name: suite.get(name) for name in found} == found


def test_junit_of_a_rollout_that_is_done_passes(conducted: Scene, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.xml"
    run("start", *STARTED, str(conducted.candidate.id), "--junit", str(file), "--wait")
    suites = ElementTree.fromstring(file.read_text())
    assert not suites.findall(".//failure") + suites.findall(".//error")
    assert "reaches 100%" in suites.findall(".//testcase")[0].get("name", "")
    run("status", "--junit", str(tmp_path / "none" / "out.xml"))


def test_every_term_of_a_plan_has_an_option(scene: Scene, run: Run) -> None:
    hours = "mon-fri 09:00-16:00 Europe/Berlin"
    words = ("--margin", "3", "--hours", hours, "--by-hand", "--expiry", "2d")
    printed, _ = start(scene, run, "--dry-run", *words)
    assert (printed["margin"], printed["expiry"]) == (3, "2d")
    assert (printed["hours"]["zone"], printed["steps"][0]["automatic"]) == ("Europe/Berlin", False)
    assert printed["detection"][0]["words"].startswith("No requests in the last 24 h")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["start", "--worker", "nobody", "--version", "x", "--steps", "100"], "no Worker called"),
        (["start", "--worker", "checkout", "--version", "x", "--steps", "50"], "--steps: The last"),
        (
            ["start", "--worker", "checkout", "--version", "x", "--steps", "100"]
            + ["--final-bake", "soon"],
            "--final-bake",
        ),
        (["start", "--worker", "checkout", "--version", "x", "--steps", "100"], "no version with"),
        (["status", "--worker", "checkout"], "has had no rollout"),
        (["hold", "--worker", "checkout", "--user", "ghost"], "no active person"),
    ],
)
def test_bad_usage_is_named_and_exits_with_2(scene: Scene, words: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as error:
        call_command("rollout", *words)
    assert error.value.returncode == 2


def test_a_refused_verb_exits_with_1(scene: Scene, run: Run) -> None:
    start(scene, run)
    with pytest.raises(CommandError, match="cannot be resumed") as error:
        call_command("rollout", "resume", "--worker", "checkout")
    assert error.value.returncode == 1


def test_a_second_start_is_answered_with_a_link_to_the_first(scene: Scene, run: Run) -> None:
    printed, _ = start(scene, run)
    with pytest.raises(CommandError, match="already") as error:
        start(scene, run)
    assert str(error.value).endswith(printed["url"])
    assert error.value.returncode == 1


def test_every_state_and_every_code_has_words(scene: Scene) -> None:
    assert set(messages.STATES) == set(State)
    for code, words in messages.REASONS.items():
        assert messages.reason(code, {}) != code
        assert words.endswith(".")


def test_every_code_that_the_rules_give_has_words() -> None:
    """Second arguments of what makes a decision or a verdict, read from the sources."""
    makers = {"Decision": 1, "_stay": 1, "_hold": 1, "go_back": 1, "enter_step": 2, "Judgment": 2}
    for module in (next_step, guardrails, actions):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = makers.get(node.func.id, 99)
                code = node.args[place] if place < len(node.args) else None
                if isinstance(code, ast.Constant) and code.value != "ended":
                    assert code.value in messages.REASONS, code.value


def test_numbers_are_put_into_the_words() -> None:
    facts = {"requests": 3040, "failed": 31, "stable_failed": 18, "stable_requests": 9120}
    words = messages.reason("worse_than_stable", facts)
    assert words == "Harm: 31 of 3,040 candidate requests failed, 18 of 9,120 on stable."
