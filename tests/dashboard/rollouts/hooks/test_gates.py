"""Gates: their answer decides, everything else holds, and no abort or hold waits for one."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.next_step import Action, Observation, next_step, transition
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.hooks import changes
from dashboard.rollouts.hooks.events import (
    OPEN,
    Gate,
    GateAnswer,
    GateState,
    HookEvent,
    Progress,
    gate_of,
)
from dashboard.rollouts.hooks.models import HookDelivery
from tests.dashboard.rollouts.external_guardrails.conftest import Server
from tests.dashboard.rollouts.hooks.conftest import Hooked
from tests.dashboard.rollouts.playbook import HARM, NOON, SAFE, plan_of, play


def test_the_gate_that_refuses_decides_over_one_that_is_open() -> None:
    answers = [
        GateAnswer("a", Progress.DONE),
        GateAnswer("b", Progress.REFUSED, "frozen"),
        GateAnswer("c", Progress.FAILED),
        GateAnswer("d", None),
    ]
    assert gate_of(answers) == Gate(GateState.REFUSED, {"hook": "b", "answer": "frozen"})
    assert gate_of(answers[:1]) == Gate(GateState.OPEN, {"hook": "a"})
    assert gate_of(answers[3:] + answers[:1]).state is GateState.NOT_ASKED
    assert gate_of([]) == OPEN


@pytest.mark.parametrize("state", [s for s in GateState if s is not GateState.OPEN])
def test_no_step_passes_a_gate_that_is_not_open(state: GateState) -> None:
    book = play(plan_of("20,50,100"))
    book.until_ramping()
    seen = Observation(
        book.rollout.deployment_id, book.rollout.since, judgment=SAFE, gate=Gate(state)
    )
    decision = next_step(book.rollout, seen, NOON + timedelta(minutes=1))
    assert decision.step == 0 and decision.action in (Action.NONE, Action.ASK_GATES)
    harm = Observation(
        book.rollout.deployment_id, book.rollout.since, judgment=HARM, gate=Gate(state)
    )
    assert next_step(book.rollout, harm, NOON).state is State.ROLLING_BACK


def test_what_can_be_gated_next() -> None:
    book = play(plan_of("20:1h,100"))
    assert transition(book.rollout) == (HookEvent.BEFORE_STAGE, -1)
    book.until_ramping()
    assert transition(book.rollout) == (HookEvent.BEFORE_STEP, 1)
    book.change(state=State.HELD, before_hold=State.RAMPING)
    assert transition(book.rollout) == (HookEvent.BEFORE_STEP, 1)
    book.change(state=State.BAKING, before_hold=None)
    assert transition(book.rollout)[0] is None


def test_a_gate_before_the_stage_and_each_step_lets_a_rollout_through(
    hooked: Hooked, server: Server
) -> None:
    server.answers({"verdict": "safe", "reason": "No freeze."})
    hooked.hook(server, "before_stage", "gate")
    hooked.hook(server, "before_step", "gate")
    hooked.start(plan_of("20,100"))
    for _ in range(12):
        hooked.look(6)
        hooked.carry_all()
    assert hooked.rollout().state == State.DONE
    asked = [json.loads(body) for *_, body in server.requests]
    assert [one["type"] for one in asked] == ["rollout.before_stage"] + ["rollout.before_step"] * 2
    assert [one["data"]["next"]["percentage"] for one in asked] == [0, 20, 100]
    assert hooked.codes().count("gate_opened") == 3


def ask_first_step(hooked: Hooked) -> None:
    """Up to the question before the first step, which has been sent."""
    hooked.start(plan_of("20:1h,100"))
    while hooked.rollout().reason != "gates_asked":
        hooked.look()
    hooked.carry_all()


def test_a_gate_that_refuses_holds_until_a_person_resumes(hooked: Hooked, server: Server) -> None:
    server.answers({"verdict": "harm", "reason": "Code freeze."})
    hooked.hook(server, "before_step", "gate")
    ask_first_step(hooked)
    assert (hooked.look().state, hooked.rollout().hold_clears) == (State.HELD, False)
    assert hooked.rollout().facts == {"hook": "before_step", "answer": "Code freeze"}
    hooked.look(3600)
    assert len(server.requests) == 1
    server.answers({"verdict": "safe"})
    ACTIONS["resume"](hooked.rollout(), ActionRequest(hooked.maya, "dashboard", hooked.now))
    hooked.look()
    hooked.carry_all()
    assert hooked.look().state is State.RAMPING
    assert hooked.live() == {1: 80_000, 2: 20_000}


@pytest.mark.parametrize(
    ("status", "location", "body"),
    [
        (500, "", b'{"verdict": "safe"}'),
        (307, "http://127.0.0.1:1/", b""),
        (200, "", b"OK"),
        (200, "", b'{"verdict": "cannot_judge"}'),
        (200, "", b'{"verdict": "safe"}' + b" " * 20_000),
    ],
)
def test_a_gate_without_a_usable_answer_holds_until_one_comes(
    hooked: Hooked, server: Server, status: int, location: str, body: bytes
) -> None:
    server.status, server.location, server.body = status, location, body
    hooked.hook(server, "before_step", "gate")
    ask_first_step(hooked)
    assert hooked.look().state is State.HELD
    assert hooked.live() == {1: 100_000, 2: 0}
    server.location = ""
    server.answers({"verdict": "safe"})
    hooked.now += timedelta(seconds=5)
    hooked.carry_all()
    first, second = (headers["webhook-id"] for _, _, headers, _ in server.requests)
    assert first == second
    assert hooked.look().state is State.REVIEW
    assert hooked.look().state is State.RAMPING


def test_a_gate_that_asks_to_wait_is_asked_again(hooked: Hooked, server: Server) -> None:
    server.answers({"verdict": "not_yet"})
    hooked.hook(server, "before_step", "gate")
    ask_first_step(hooked)
    assert hooked.look().code == "gate_waits"
    server.answers({"verdict": "safe"})
    hooked.now += timedelta(seconds=20)
    hooked.carry_all()
    assert hooked.look().state is State.RAMPING


def test_an_answer_that_has_become_old_is_asked_for_again(hooked: Hooked, server: Server) -> None:
    hooked.hook(server, "before_step", "gate")
    ask_first_step(hooked)
    assert hooked.look(600).code == "gates_asked"
    hooked.carry_all()
    assert len(server.requests) == 2


def test_hold_step_and_abort_wait_for_no_gate_that_hangs(hooked: Hooked, server: Server) -> None:
    server.hang.set()
    hooked.hook(server, "before_step", "gate", timeout="30")
    hooked.start(plan_of("20:1h,100"))
    while hooked.rollout().reason != "gates_asked":
        hooked.look()
    hooked.courier.look(hooked.now)
    assert hooked.look().code == "gate_waits"
    by = ActionRequest(hooked.maya, "dashboard", hooked.now)
    ACTIONS["hold"](hooked.rollout(), by)
    ACTIONS["abort"](hooked.rollout(), by)
    assert hooked.live() == {1: 100_000}
    assert [row.state for row in HookDelivery.objects.all()] == [Progress.VOID]
    server.release.set()
    hooked.carry(lambda: not hooked.courier._waiting)
    assert [row.state for row in HookDelivery.objects.all()] == [Progress.VOID]


def test_a_gate_that_is_switched_off_holds_nothing(hooked: Hooked, server: Server) -> None:
    server.answers({"verdict": "harm"})
    hook = hooked.hook(server, "before_step", "gate")
    ask_first_step(hooked)
    assert hooked.look().state is State.HELD
    changes.switch(hook, False, hooked_by(hooked))
    ACTIONS["resume"](hooked.rollout(), ActionRequest(hooked.maya, "dashboard", hooked.now))
    assert hooked.look().state is State.RAMPING


def hooked_by(hooked: Hooked) -> changes.Actor:
    return changes.Actor(hooked.maya, "dashboard", hooked.now)
