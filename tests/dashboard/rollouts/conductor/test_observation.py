"""What a decision is based on, read from the edges' own reports and counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.rollouts.conductor.observation import RolloutObserver, figures_of, judgments
from dashboard.rollouts.decisions.next_step import Observation
from dashboard.rollouts.decisions.states import State, Verdict
from tests.dashboard.rollouts.conftest import Scene
from tests.factories import make_edge


def seen(scene: Scene) -> Observation:
    return RolloutObserver(lambda worker, version: ())(scene.rollout(), scene.now)


def process_report(scene: Scene, kind: str, seconds: float) -> Any:
    """The candidate's process runs again, after an end so many seconds after now."""
    at = (scene.now + timedelta(seconds=seconds)).isoformat()
    process = {"state": "running", "restarts": 1, "end": {"kind": kind, "at": at}}
    return {"versions": {str(scene.candidate.id): process}}


@pytest.mark.parametrize(("kind", "code"), [("memory", "out_of_memory"), ("hang", "process_hung")])
def test_one_end_of_the_candidates_process_is_harm_already_at_0_percent(
    scene: Scene, kind: str, code: str
) -> None:
    scene.start()
    scene.look()
    assert scene.rollout().state == State.WAITING
    make_edge(status=process_report(scene, kind, 1))
    judgment = seen(scene).judgment
    assert judgment is not None
    assert (judgment.verdict, judgment.code) == (Verdict.HARM, code)


def test_an_end_before_the_rollout_is_not_its_own(scene: Scene) -> None:
    make_edge(status=process_report(scene, "crash", -1))
    scene.start()
    scene.look()
    judgment = seen(scene).judgment
    assert judgment is not None and judgment.verdict is Verdict.SAFE


@pytest.mark.parametrize(("state", "waits"), [("starting", True), ("draining", False)])
def test_a_step_waits_while_a_process_of_stable_starts_again(
    scene: Scene, state: str, waits: bool
) -> None:
    scene.start()
    for _ in range(3):
        scene.look()
    make_edge(status={"versions": {str(scene.stable.id): {"state": state}}})
    rollout = scene.rollout()
    (processes,) = (
        judgment
        for judgment in judgments(rollout, figures_of(rollout, scene.now), scene.now)
        if judgment.name == "processes"
    )
    assert processes.code == ("processes_start" if waits else "processes_run")
    assert (processes.verdict is Verdict.NOT_YET) is waits
