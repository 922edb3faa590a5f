"""Is this batch the next one? Pure: the whole of what makes counting exactly once.

A place is (file number, offset, lines before it); lines never come twice in a log, so their number
alone tells what was counted. `routing.agent.access_log.read_positions` keeps the other end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Place: TypeAlias = tuple[int, int, int]
Places: TypeAlias = Mapping[str, Place]


class Verdict(StrEnum):
    """next: count it. repeated: it was counted, say yes again. other: it begins within what was
    counted, so the edge must go on from the places we have."""

    next = "next"
    repeated = "repeated"
    other = "other"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`missing` lines lie between what was counted and where the batch begins."""

    verdict: Verdict
    missing: int = 0


def classify_batch(counted: Places, begins: Places, ends: Places) -> Judgement:
    """`counted` is where we are, `begins` and `ends` what the batch covers, by listener."""
    gaps = {name: place[2] - _lines(counted, name) for name, place in begins.items()}
    if all(place[2] <= _lines(counted, name) for name, place in ends.items()):
        return Judgement(Verdict.repeated)
    if any(gap < 0 for gap in gaps.values()):
        return Judgement(Verdict.other)
    return Judgement(Verdict.next, missing=sum(gaps.values()))


def sound(begins: Places, ends: Places) -> bool:
    """Does a batch go forward, with the same listeners at both ends?"""
    whole = all(number >= 0 for place in (*begins.values(), *ends.values()) for number in place)
    return whole and set(begins) == set(ends) and all(ends[n][2] >= begins[n][2] for n in ends)


def _lines(places: Places, name: str) -> int:
    return places[name][2] if name in places else 0
