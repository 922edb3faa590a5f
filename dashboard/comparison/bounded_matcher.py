"""`difflib` with a bound on its work: two texts can be chosen so that it takes the cube of them.

The bound counts comparisons, not seconds: the same two texts always come out the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate


class TooMuchWork(Exception):
    """It would take longer than a page or a check may take."""

    def __init__(self, message: str = "it would take too long") -> None:
        super().__init__(message)


@dataclass
class Work:
    """Steps that are left; several tasks may share them. 5 million comparisons of `difflib` take
    about a second."""

    left: int = 2_000_000

    def spend(self, steps: int) -> None:
        """Raises `TooMuchWork` when there are not so many left."""
        if steps > self.left:
            raise TooMuchWork
        self.left -= steps


class BoundedMatcher(SequenceMatcher[str]):
    """Raises `TooMuchWork` instead of a step for which there is no work left."""

    def __init__(
        self, left: Sequence[str], right: Sequence[str], work: Work, *, autojunk: bool = True
    ) -> None:
        work.spend(len(left) + len(right))
        super().__init__(None, left, right, autojunk=autojunk)
        self._work = work
        places: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined]
        # What the elements before each place of the left side cost when they are looked for.
        self._costs = [0, *accumulate(1 + len(places.get(element, ())) for element in left)]

    def find_longest_match(  # type: ignore[override]
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> object:
        end = len(self._costs) - 1 if ahi is None else ahi
        self._work.spend(self._costs[end] - self._costs[alo])
        return super().find_longest_match(alo, ahi, blo, bhi)
