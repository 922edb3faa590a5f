"""Which fault comes when. Pure: everything follows from the seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LEAST_WARM, _MOST_WARM = 0.5, 1.5


@dataclass(frozen=True, slots=True)
class Turn:
    """One round: the fault's name, how many seconds of load come before it, and the seed of the
    deployments that go on meanwhile; 0 for none."""

    fault: str
    warm_seconds: float
    seed: int


def turns(names: Sequence[str], seed: int, *, deploying: bool = True) -> Iterator[Turn]:
    """Endless. Each fault once in every cycle, in another order each time."""
    dice = random.Random(seed)
    while True:
        for name in dice.sample(list(names), len(names)):
            warm, number = dice.uniform(_LEAST_WARM, _MOST_WARM), dice.randrange(1, 10**6)
            yield Turn(name, warm, number if deploying else 0)
