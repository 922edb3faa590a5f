"""Decisions of a rollout, by state and circumstance."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given, strategies as st

from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.next_step import Checks, after, go_back
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, OnHarm, State, Verdict
from dashboard.times.hours import AllowedHours
from tests.dashboard.rollouts.playbook import BLIND, HARM, NOT_YET, SAFE, plan_of, play


def test_a_good_candidate_walks_every_step_to_the_end() -> None:
    book = play(plan_of("20:10s,50:10s,100"))
    book.until_ramping()
    assert book.deployed == [0, 20_000]
    for seconds in (10, 10, 5):
        book.look(seconds=seconds)
    assert book.deployed == [0, 20_000, 50_000, 100_000]
    assert book.state() is State.DONE


def test_a_step_bakes_for_its_whole_time() -> None:
    book = play()
    book.until_ramping()
    assert book.look(seconds=9).code == "bakes"
    assert book.look(seconds=1).state is State.BAKING


def test_bake_time_begins_when_every_edge_has_the_deployment() -> None:
    book = play()
    book.until_ramping()
    book.ready = False
    assert book.look(seconds=12).code == "edges_waiting"
    assert book.state() is State.RAMPING


@pytest.mark.parametrize("judgment", [NOT_YET, BLIND, None])
def test_nothing_but_safe_moves_a_step(judgment: object) -> None:
    book = play()
    book.until_ramping()
    book.look(judgment, seconds=3600)  # type: ignore[arg-type]
    assert book.deployed == [0, 20_000]


def test_missing_figures_hold_and_the_hold_ends_with_its_cause() -> None:
    book = play()
    book.until_ramping()
    assert book.look(BLIND).state is State.HELD
    assert book.rollout.hold == "edge_silent"
    assert book.look(BLIND, seconds=60).code == "edge_silent"
    assert book.look(SAFE).code == "cause_gone"
    assert book.look(SAFE).state is State.BAKING


@pytest.mark.parametrize("on_harm", list(OnHarm))
def test_a_process_that_crashes_at_0_percent_is_harm_before_any_user_is_moved(
    on_harm: OnHarm,
) -> None:
    book = play(plan_of(on_harm=on_harm))
    book.look()
    book.ready = False
    book.look(Judgment("processes", Verdict.HARM, "process_not_started"))
    assert book.state() is (State.ROLLING_BACK if on_harm is OnHarm.ABORT else State.HELD)
    assert set(book.deployed) == {0}


def test_a_persons_hold_stays_until_they_resume() -> None:
    book = play()
    book.until_ramping()
    book.change(state=State.HELD, before_hold=State.RAMPING, hold="person")
    assert book.look(SAFE, seconds=3600).state is State.HELD
    assert book.deployed == [0, 20_000]


def test_harm_rolls_back_and_ends_only_when_stable_is_proved() -> None:
    book = play()
    book.until_ramping()
    assert book.look(HARM).state is State.ROLLING_BACK
    assert book.deployed[-1] == 0
    book.look()
    assert book.look(unverified=("local-1",)).state is State.VERIFYING
    assert book.look().state is State.ROLLED_BACK


def test_harm_also_rolls_back_what_a_person_holds() -> None:
    book = play()
    book.until_ramping()
    book.change(state=State.HELD, before_hold=State.RAMPING, hold="person")
    assert book.look(HARM).state is State.ROLLING_BACK


def test_a_plan_that_holds_on_harm_leaves_the_share_as_it_is() -> None:
    book = play(plan_of(on_harm=OnHarm.HOLD))
    book.until_ramping()
    assert book.look(HARM).state is State.HELD
    assert book.look(SAFE, seconds=600).state is State.HELD
    assert book.deployed == [0, 20_000]


def test_harm_in_the_final_bake_rolls_back_too() -> None:
    book = play()
    book.until_ramping()
    book.look(seconds=10)
    assert book.state() is State.BAKING
    assert book.look(HARM).state is State.ROLLING_BACK


def test_a_candidate_that_never_had_traffic_is_aborted_not_rolled_back() -> None:
    book = play(has_suite=True)
    book.look()
    book.look()
    assert book.look(checks=Checks.FAILED).state is State.ROLLING_BACK
    book.look()
    assert book.look().state is State.ABORTED


@pytest.mark.parametrize(
    ("checks", "on_harm", "state"),
    [
        (Checks.PASSED, OnHarm.ABORT, State.REVIEW),
        (Checks.FAILED, OnHarm.ABORT, State.ROLLING_BACK),
        (Checks.FAILED, OnHarm.HOLD, State.HELD),
        (Checks.BROKEN, OnHarm.ABORT, State.HELD),
        (Checks.RUNNING, OnHarm.ABORT, State.CHECKING),
    ],
)
def test_what_the_checks_say(checks: Checks, on_harm: OnHarm, state: State) -> None:
    book = play(plan_of(on_harm=on_harm), has_suite=True)
    book.look()
    book.look()
    assert book.checks_run == 1
    assert book.look(checks=checks).state is state


def test_review_waits_for_a_confirmation() -> None:
    book = play(plan_of(confirm_review=True))
    for _ in range(4):
        book.look(seconds=600)
    assert book.state() is State.REVIEW
    book.change(review_confirmed=True)
    assert book.look().state is State.RAMPING


def test_a_step_by_hand_waits_for_the_request_and_forgets_it() -> None:
    steps = tuple(replace(step, automatic=False) for step in plan_of("20,50,100").steps)
    book = play(replace(plan_of(), steps=steps))
    book.until_ramping()
    assert book.look(seconds=60).code == "waits_for_step"
    book.change(step_requested=True)
    book.look()
    assert book.deployed == [0, 20_000, 50_000]
    assert book.look(seconds=60).code == "waits_for_step"


def test_outside_the_allowed_hours_nothing_steps_up() -> None:
    hours = AllowedHours(frozenset({"mon"}), time(9), time(12, 30), "UTC")
    book = play(plan_of("20:40m,100", hours=hours))
    book.until_ramping()
    assert book.look(seconds=2400).code == "outside_hours"
    assert book.look(HARM).state is State.ROLLING_BACK


def test_a_deployment_from_elsewhere_holds_the_rollout() -> None:
    book = play()
    book.until_ramping()
    decision = book.look(elsewhere="theirs")
    assert (decision.state, decision.code) == (State.HELD, "deployed_elsewhere")
    assert not decision.hold_clears


def test_edges_that_stay_behind_hold_after_a_while() -> None:
    book = play()
    book.look()
    book.ready = False
    assert book.look(seconds=5).state is State.WAITING
    assert book.look(seconds=40).state is State.HELD
    book.ready = True
    assert book.look().state is State.WAITING


def test_without_proof_for_90_seconds_a_person_is_called_and_proof_still_ends_it() -> None:
    book = play()
    book.until_ramping()
    book.look(HARM)
    book.look()
    assert book.look(unverified=("local-2",), seconds=60).state is State.VERIFYING
    assert book.look(unverified=("local-2",), seconds=31).state is State.NEEDS_ATTENTION
    assert book.look().state is State.ROLLED_BACK


@given(
    st.lists(
        st.tuples(
            st.sampled_from([SAFE, HARM, NOT_YET, BLIND, None]),
            st.floats(0, 40),
            st.booleans(),
            st.sampled_from(["", "", "", "", "theirs"]),
        ),
        max_size=40,
    )
)
def test_no_history_skips_doubles_or_lowers_a_step(events: list[tuple]) -> None:  # type: ignore[type-arg]
    book = play(plan_of("1:5s,5:5s,25:5s,100"))
    for judgment, seconds, ready, elsewhere in events:
        book.ready = ready
        before = book.state()
        book.look(judgment, seconds=seconds, elsewhere=elsewhere)
        if before in ENDED:
            assert book.state() is before
        if before in GOING_BACK:
            assert book.state() in GOING_BACK | ENDED
    ramp = [0, 1_000, 5_000, 25_000, 100_000]
    undone = book.deployed.index(0, 1) if 0 in book.deployed[1:] else len(book.deployed)
    assert book.deployed[:undone] == ramp[:undone]
    # On the way back 0% is deployed again as often as another deployment came in between.
    assert set(book.deployed[undone:]) <= {0}


def test_going_back_records_when_it_began() -> None:
    book = play()
    book.until_ramping()
    decision = go_back(book.rollout, "person", {})
    assert after(book.rollout, decision, book.now + timedelta(minutes=5), "d").since == (
        book.now + timedelta(minutes=5)
    )
