"""Slow requests beside stable: harm at any look, nothing to judge without a threshold."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from dashboard.observability.versions.slow_requests import SlowFigures
from dashboard.rollouts.decisions.guardrails import Figures, Judgment
from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.slow_requests.judgment import judge_slow
from dashboard.statistics.blocks import Block
from tests.dashboard.rollouts.playbook import NOON


def figures_of(*blocks: Block) -> Figures:
    candidate = (sum(b.candidate for b in blocks), sum(b.candidate_failed for b in blocks))
    stable = (sum(b.stable for b in blocks), sum(b.stable_failed for b in blocks))
    return Figures(slow={"p99": SlowFigures(blocks, candidate, stable)}, until=NOON)


def judged(figures: Figures, threshold_us: int = 90_000, rules: int = 4) -> Judgment:
    return judge_slow("p99", figures, threshold_us, rules, NOON)


SAME, DOUBLED = figures_of(Block(600, 6, 600, 6)), figures_of(Block(600, 60, 600, 6))


def test_more_slow_requests_than_stable_are_harm() -> None:
    judgment = judged(DOUBLED)
    assert (judgment.name, judgment.code) == ("slow_p99", "slower_than_stable")
    assert judgment.verdict is Verdict.HARM
    assert judgment.facts["threshold_ms"] == 90.0
    assert judgment.facts["low"] > 1.25
    assert json.loads(json.dumps(judgment.facts, allow_nan=False)) == judgment.facts


def test_harm_counts_even_where_an_edge_is_silent_and_safety_does_not() -> None:
    assert judged(replace(DOUBLED, silent_edges=("e",))).verdict is Verdict.HARM
    assert judged(replace(SAME, silent_edges=("e",))).code == "edge_silent"


def test_as_slow_as_stable_is_safe() -> None:
    assert judged(SAME).code == "not_slower"


def test_without_a_threshold_nothing_is_judged_and_nothing_waits() -> None:
    judgment = judged(DOUBLED, threshold_us=0)
    assert (judgment.verdict, judgment.code) == (Verdict.SAFE, "no_budget")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.75])
def test_identical_versions_give_few_false_alarms_at_any_share(share: float) -> None:
    """Looked at after each of 40 blocks; α is 1%, shared by four rules."""
    dice, alarms = random.Random(5), 0
    for _ in range(60):
        blocks: list[Block] = []
        for _ in range(40):
            candidate = round(100 * share)
            slow = [
                sum(dice.random() < 0.05 for _ in range(n)) for n in (candidate, 100 - candidate)
            ]
            blocks.append(Block(candidate, slow[0], 100 - candidate, slow[1]))
        looks = (figures_of(*blocks[:n]) for n in range(4, 41, 4))
        alarms += any(judged(look).verdict is Verdict.HARM for look in looks)
    assert alarms <= 1


def slow_of(dice: random.Random, requests: int) -> int:
    return sum(dice.random() < 0.05 for _ in range(requests))
