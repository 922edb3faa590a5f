"""Pooled blocks draw the same interval at a cost that does not grow with the length of a step."""

from __future__ import annotations

import random

import pytest

from dashboard.statistics.blocks import Block, pooled
from dashboard.statistics.comparison import ratio_interval


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_is_that_of_the_blocks_within_two_percent(seed: int) -> None:
    draw = random.Random(seed)
    blocks = []
    for _ in range(200):  # the share drifts by half, the error rate by four
        candidate, stable, rate = draw.randint(150, 450), 900, draw.uniform(0.01, 0.04)
        failed = sum(draw.random() < 1.5 * rate for _ in range(candidate))
        blocks.append(Block(candidate, failed, stable, round(rate * stable)))
    exact, drawn = ratio_interval(blocks), ratio_interval(pooled(blocks))
    assert drawn.low == pytest.approx(exact.low, rel=0.02)
    assert drawn.high == pytest.approx(exact.high, rel=0.02)


def test_there_are_never_more_than_the_groups_and_nothing_is_lost() -> None:
    blocks = [Block(n, 1, 100, 1) for n in range(1, 100)] + [Block(0, 0, 5, 5), Block(5, 0, 5, 0)]
    found = pooled(blocks, groups=7)
    assert len(found) <= 7
    assert sum(block.candidate for block in found) == sum(range(1, 100))
    assert sum(block.failed for block in found) == 198
    assert pooled([]) == []
