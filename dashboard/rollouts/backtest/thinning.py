"""Recorded counts of two versions, as they would have been at another share. Pure.

Counts are only ever made smaller: a version that was asked less than the share wants keeps what it
had, for more of the same would be evidence that nobody saw. Thinning carries its fractions on, so
that sums stay right and the same recording always gives the same replay.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.rules.split import TOTAL

REQUESTS = ("requests", "failed", "slow_p95", "slow_p99")
CALLERS = ("callers", "failing", "slow_p95_callers", "slow_p99_callers")
"""In each, the first counts all and the others are some of them."""
COUNTED = (*REQUESTS, *CALLERS)
NOTHING: Mapping[str, int] = dict.fromkeys(COUNTED, 0)


@dataclass(frozen=True, slots=True)
class RecordedBlock:
    """What was counted from `start` on (seconds since 1970) for so many seconds; by the names of
    `COUNTED`. Without a `candidate` one is drawn from `stable`: a version that is just like it."""

    start: int
    seconds: int
    stable: Mapping[str, int]
    candidate: Mapping[str, int] | None = None

    @property
    def end(self) -> int:
        return self.start + self.seconds


@dataclass(slots=True)
class Thinning:
    """Blocks at the shares of a plan. `rise` multiplies the failures of a drawn candidate."""

    rise: float = 1.0
    _carried: dict[tuple[str, str], float] = field(default_factory=dict)

    def at(self, block: RecordedBlock, weight: int) -> tuple[dict[str, int], dict[str, int]]:
        """(candidate, stable) with the candidate at `weight`, in units of 0.001%."""
        share = weight / TOTAL
        if block.candidate is None:
            drawn = self._thin("candidate", block.stable, share, self.rise)
            return drawn, self._thin("stable", block.stable, 1 - share)
        total = block.candidate["requests"] + block.stable["requests"]
        candidate = _factor(share * total, block.candidate["requests"])
        stable = _factor((1 - share) * total, block.stable["requests"])
        return (
            self._thin("candidate", block.candidate, candidate),
            self._thin("stable", block.stable, stable),
        )

    def _thin(
        self, version: str, counts: Mapping[str, int], factor: float, rise: float = 1.0
    ) -> dict[str, int]:
        thinned = {}
        for names in (REQUESTS, CALLERS):
            whole = thinned[names[0]] = self._take(version, names[0], counts[names[0]] * factor)
            for name in names[1:]:
                times = rise if name in ("failed", "failing") else 1.0
                thinned[name] = self._take(version, name, counts[name] * factor * times, whole)
        return thinned

    def _take(self, version: str, name: str, expected: float, most: int | None = None) -> int:
        """The integer part of the expected count that was not taken yet, at most `most`."""
        due = self._carried.get((version, name), 0.0) + expected
        whole = math.floor(due + 1e-9)
        taken = whole if most is None else min(whole, most)
        self._carried[version, name] = due - taken
        return taken


def _factor(expected: float, recorded: int) -> float:
    return min(1.0, expected / recorded) if recorded else 0.0
