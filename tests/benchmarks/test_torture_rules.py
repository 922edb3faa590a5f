"""The pure half of `make torture`: when faults come, and what they may cost."""

from itertools import islice

import pytest

from benchmarks.torture.faults import ALL, SHORT
from benchmarks.torture.judge import (
    Answer,
    Counted,
    Expected,
    Outcome,
    Round,
    cost,
    violations,
)
from benchmarks.torture.report import printed, rows
from benchmarks.torture.schedule import turns

EXACT = Counted(answered=10, unsure=0, counted=10, missing=0, has_unknown_gap=False)


def answer(began, outcome=Outcome.ok, *, ended=None, slow=False):
    return Answer("plain", began, ended or began + 0.01, outcome, slow)


def test_a_seed_gives_the_same_schedule_and_each_cycle_has_every_fault():
    first, again = (list(islice(turns(list(ALL), 7), 60)) for _ in range(2))
    assert first == again
    assert {turn.fault for turn in first[: len(ALL)]} == set(ALL)
    assert list(islice(turns(list(ALL), 8), 60)) != first


def test_every_fault_of_the_short_round_exists_and_needs_no_disk():
    assert all(name in ALL and not ALL[name].needs_disk for name in SHORT)


def test_requests_in_flight_are_told_apart_from_those_that_came_later():
    answers = [
        answer(9.9, Outcome.reset, ended=10.1),
        answer(10.1, Outcome.refused),
        answer(10.4, Outcome.error),
        answer(11.0),
    ]
    found = cost(answers, 10.0)
    assert (found.in_flight, found.requests) == (1, 4)
    assert {k: n for k, n in found.failed.items() if n} == {Outcome.refused: 1, Outcome.error: 1}
    assert found.recover_seconds == pytest.approx(0.4)


def test_what_fails_until_all_have_noticed_was_in_flight():
    answers = [answer(9.9, Outcome.error, ended=10.05), answer(10.1, Outcome.reset)]
    assert cost(answers, 10.0, 10.2).in_flight == 2
    assert cost(answers, 10.0).in_flight == 1


def test_a_late_answer_is_no_failure_but_recovery_waits_for_it():
    found = cost([answer(10.5, slow=True), answer(12.0)], 10.0)
    assert not any(found.failed.values()) and found.recover_seconds == 0.5


@pytest.mark.parametrize(
    ("answers", "expected", "broken"),
    [
        ([answer(11, Outcome.refused)], Expected(), 2),
        ([answer(11, Outcome.refused)], Expected(refused=None, recover_seconds=None), 0),
        ([answer(9.9, Outcome.reset, ended=10.1)], Expected(), 1),
        ([answer(9.9, Outcome.reset, ended=10.1)], Expected(in_flight=True), 0),
        ([answer(15.9, slow=True)], Expected(recover_seconds=5.0), 0),
        ([answer(16.1, slow=True)], Expected(recover_seconds=5.0), 1),
        ([answer(11, Outcome.wrong)], Expected(error=None, recover_seconds=None), 1),
    ],
)
def test_a_bound_is_broken_or_not(answers, expected, broken):
    assert len(violations(cost(answers, 10.0), EXACT, expected)) == broken


@pytest.mark.parametrize(
    ("answered", "unsure", "counted", "missing", "off_by"),
    [
        (10, 0, 10, 0, 0),
        (10, 2, 11, 0, 0),
        (10, 0, 4, 6, 0),
        (10, 0, 4, 5, -1),
        (10, 1, 12, 0, 1),
    ],
)
def test_every_answer_is_counted_or_said_to_be_lost(answered, unsure, counted, missing, off_by):
    found = Counted(answered, unsure, counted, missing, has_unknown_gap=False)
    assert found.off_by == off_by
    assert bool(violations(cost([], 0.0), found, Expected())) == bool(off_by)


def test_a_gap_of_unknown_size_must_be_expected():
    found = Counted(10, 0, 8, 0, has_unknown_gap=True)
    assert violations(cost([], 0.0), found, Expected()) == ["a gap of unknown size"]
    assert violations(cost([], 0.0), found, Expected(unknown_loss=True)) == []


def test_the_table_has_a_line_for_each_fault_and_names_what_is_not_as_expected():
    good = Round("web killed", cost([answer(1)], 0.5), EXACT, "healthz: ok")
    bad = Round("web killed", cost([answer(1, Outcome.reset)], 0.5), EXACT, "", ["1 reset"])
    table = rows([good, bad])
    assert len(table) == 1 and table[0][-1] == "NO (1 of 2)"
    assert "web killed: 1 reset" in printed([good, bad])
