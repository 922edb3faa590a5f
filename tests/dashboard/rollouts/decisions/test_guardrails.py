"""Verdicts over figures: harm at any look, safety only with enough, nothing without data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.rollouts.decisions.guardrails import (
    Figures,
    judge_errors,
    judge_limit,
    judge_processes,
    worst,
)
from dashboard.rollouts.decisions.plan import Rule
from dashboard.rollouts.decisions.states import Verdict
from dashboard.statistics.blocks import Block
from tests.dashboard.rollouts.playbook import NOON, plan_of

PLAN = plan_of(min_sample=50, min_callers=10)


def figures_of(block: Block, callers: int | None = 25) -> Figures:
    """As many requests as callers: each one sent one."""
    candidate = (block.candidate, block.candidate_failed)
    return Figures((block,), candidate, (block.stable, block.stable_failed), callers, NOON)


GOOD = figures_of(Block(60, 0, 240, 1))
BAD = figures_of(Block(60, 8, 240, 0))


def test_harm_is_found_below_the_smallest_sample() -> None:
    few = figures_of(Block(10, 6, 40, 0), 6)
    judgment = judge_errors(few, PLAN, Rule.SAMPLE, now=NOON)
    assert (judgment.verdict, judgment.code) == (Verdict.HARM, "worse_than_stable")
    assert judgment.facts["low"] > 1


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        (replace(GOOD, silent_edges=("local-2",)), "edge_silent"),
        (replace(GOOD, gaps=1), "counts_lost"),
        (replace(GOOD, until=NOON - timedelta(minutes=1)), "figures_late"),
    ],
)
def test_incomplete_figures_cannot_be_judged(figures: Figures, code: str) -> None:
    judgment = judge_errors(figures, PLAN, Rule.SAMPLE, now=NOON)
    assert (judgment.verdict, judgment.code) == (Verdict.CANNOT_JUDGE, code)


def test_harm_counts_even_where_an_edge_is_silent() -> None:
    figures = replace(BAD, silent_edges=("local-2",))
    assert judge_errors(figures, PLAN, Rule.SAMPLE, now=NOON).verdict is Verdict.HARM


@pytest.mark.parametrize(
    ("figures", "rule", "code"),
    [
        (replace(GOOD, candidate=(49, 0)), Rule.SAMPLE, "too_few_requests"),
        (replace(GOOD, callers=9), Rule.SAMPLE, "too_few_callers"),
        (GOOD, Rule.PROVED, "not_proved"),
    ],
)
def test_too_little_is_not_yet(figures: Figures, rule: Rule, code: str) -> None:
    judgment = judge_errors(figures, PLAN, rule, now=NOON)
    assert (judgment.verdict, judgment.code) == (Verdict.NOT_YET, code)


@pytest.mark.parametrize(
    ("figures", "rule"),
    [
        (GOOD, Rule.SAMPLE),
        (replace(GOOD, callers=None), Rule.SAMPLE),
        (Figures((), until=NOON), Rule.CHECKS),
        (figures_of(Block(5000, 80, 5000, 80), 99), Rule.PROVED),
    ],
)
def test_enough_and_no_harm_is_safe(figures: Figures, rule: Rule) -> None:
    assert judge_errors(figures, PLAN, rule, now=NOON).verdict is Verdict.SAFE


def test_more_rules_that_may_abort_need_more_evidence() -> None:
    figures = figures_of(Block(500, 11, 500, 0), 400)
    assert judge_errors(figures, PLAN, Rule.SAMPLE, 1, NOON).verdict is Verdict.HARM
    assert judge_errors(figures, PLAN, Rule.SAMPLE, 4, NOON).verdict is not Verdict.HARM


def test_the_limit_is_all_there_is_at_100_percent() -> None:
    plan = plan_of(error_limit=0.02)
    alone = figures_of(Block(1000, 12, 0, 0), 300)
    assert judge_limit(alone, plan, NOON).verdict is Verdict.SAFE
    failing = figures_of(Block(1000, 80, 0, 0), 300)
    assert judge_limit(failing, plan, NOON).code == "over_the_limit"


def test_a_process_that_fails_is_harm_and_decides() -> None:
    sick = judge_processes([("local-1", "crash")])
    fine = judge_errors(GOOD, PLAN, Rule.SAMPLE, now=NOON)
    assert worst([fine, sick]) is sick
    assert worst([fine, judge_processes([])]).verdict is Verdict.SAFE


def test_a_process_that_ran_out_of_memory_is_named_before_its_crash_elsewhere() -> None:
    judgment = judge_processes([("b", "crash"), ("a", "memory"), ("a", "start")])
    assert (judgment.verdict, judgment.code) == (Verdict.HARM, "out_of_memory")
    assert judgment.facts == {"edges": ["a", "b"], "kinds": ["crash", "memory", "start"]}


@pytest.mark.parametrize("figures", [GOOD, BAD, figures_of(Block(60, 60, 240, 0)), Figures()])
def test_the_numbers_behind_a_verdict_can_be_stored(figures: Figures) -> None:
    """Without a failure on stable the ratio has no upper limit, and JSON knows no infinity."""
    for judgment in (judge_errors(figures, PLAN, Rule.SAMPLE), judge_limit(figures, PLAN)):
        assert json.loads(json.dumps(judgment.facts, allow_nan=False)) == judgment.facts
