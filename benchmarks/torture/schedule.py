"""Which fault comes when. Pure: everything follows from the seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LEAST_WARM, _MOST_WARM = 0.5, 1.5


@dataclass(frozen=True, slots=True)
class Turn:
    """One round: the fault's name, and how many seconds of load come before it."""

    fault: str
    warm_seconds: float


def turns(names: Sequence[str], seed: int) -> Iterator[Turn]:
    """Endless. Each fault once in every cycle, in another order each time."""
    dice = random.Random(seed)
    while True:
        for name in dice.sample(list(names), len(names)):
            yield Turn(name, dice.uniform(_LEAST_WARM, _MOST_WARM))
