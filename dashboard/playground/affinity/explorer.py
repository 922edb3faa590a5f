"""Which version each key has now and at every step, by the edge's own rule. Pure.

A key never leaves the raised version; `Step.leaving` counts those that would, to show that none do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.rules import affinity
from routing.rules.header.fields import as_sent
from routing.rules.split import TOTAL, VersionWeight

STEPS = tuple(1_000 * percent for percent in (1, 5, 10, 25, 50, 100))
MOST = 1_000
LONGEST = 256


@dataclass(frozen=True, slots=True)
class Ramp:
    """The raised version and the other one. Edges walk the versions newest first."""

    raised: str
    other: str
    raised_is_newer: bool
    weight: int

    def holder(self, key: str, weight: int) -> str:
        """The version of `key` when the raised one has `weight`."""
        shares = [VersionWeight(self.raised, weight), VersionWeight(self.other, TOTAL - weight)]
        walked = shares if self.raised_is_newer else shares[::-1]
        return affinity.pick([as_sent(key)], walked) or ""

    def joins_at(self, key: str) -> int:
        """The smallest weight at which the raised version gets the key."""
        point = affinity.point([as_sent(key)])
        return point + 1 if self.raised_is_newer else TOTAL - point

    @property
    def next_step(self) -> int | None:
        return next((step for step in STEPS if step > self.weight), None)


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """One key: its version now, the weight at which it joins the raised one, and whether it does
    so at the next step."""

    key: str
    now: str
    joins_at: int
    moves_next: bool


@dataclass(frozen=True, slots=True)
class Step:
    """The keys on the raised version at one weight, against the step before it."""

    weight: int
    on_it: int
    joining: int
    leaving: int
    current: bool = False


def read_keys(text: str) -> tuple[list[str], str]:
    """The distinct keys, one per line, and a note on the lines left out."""
    lines = [line.strip() for line in text.replace("\r", "\n").split("\n")]
    good = [k for k in lines if k and len(k) <= LONGEST and k.isprintable()]
    keys = list(dict.fromkeys(good))
    notes = []
    if odd := sum(bool(line) for line in lines) - len(good):
        notes.append(f"{odd} left out: a key is one line of at most {LONGEST} printable characters")
    if len(keys) < len(good):
        notes.append(f"{len(good) - len(keys)} repeated")
    if len(keys) > MOST:
        notes.append(f"only the first {MOST:,} of {len(keys):,} are used")
    return keys[:MOST], "; ".join(notes)


def generated_keys(count: int, prefix: str) -> list[str]:
    """The same keys for everyone with the link: user-1, user-2 and so on."""
    return [f"{prefix}{n}" for n in range(1, min(max(count, 1), MOST) + 1)]


def places_of(keys: Sequence[str], ramp: Ramp) -> list[KeyPlace]:
    following = ramp.next_step or TOTAL
    places = []
    for key in keys:
        now = ramp.holder(key, ramp.weight)
        moves = now != ramp.holder(key, following)
        places.append(KeyPlace(key, now, ramp.joins_at(key), moves))
    return places


def steps(keys: Sequence[str], ramp: Ramp) -> list[Step]:
    """Every step and the present weight, in order."""
    ladder: list[Step] = []
    before: set[str] = set()
    for weight in sorted({*STEPS, ramp.weight}):
        there = {key for key in keys if ramp.holder(key, weight) == ramp.raised}
        joining, leaving = len(there - before), len(before - there)
        ladder.append(Step(weight, len(there), joining, leaving, weight == ramp.weight))
        before = there
    return ladder
