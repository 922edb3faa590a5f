"""Who is stable, and which versions were rolled back, folded over a Worker's deployments (spec).

`History` takes deployments one after another and says at any of them what they come to. It looks
at nothing but versions, numbers and weights, so that the same history always gives the same answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.rules.split import TOTAL


class Member(NamedTuple):
    """A version in one deployment: its number, and its weight in units of 0.001%."""

    number: int
    weight: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a Worker's deployments up to one of them come to; versions are meant by their numbers.

    `stable` is the stable version of the last one. `line` holds the versions that had 100%, each of
    which replaced the one before it, without those that were gone back from: its numbers rise.
    `had_all` are all that ever had 100%, the last one last, `stayed` those of them that have been
    in every deployment since. `rolled_back` are those that some deployment went back from; it
    never shrinks. `way_back` is an earlier version than the stable one: of those it replaced, the
    last one that was never rolled back.
    """

    stable: int
    line: tuple[int, ...]
    had_all: tuple[int, ...]
    rolled_back: frozenset[int]
    stayed: frozenset[int]
    way_back: int | None

    def stable_of(self, members: Sequence[Member]) -> int:
        """Which version would be stable if `members` were deployed next."""
        last_full = {number: place for place, number in enumerate(self.had_all, start=1)}
        return _stable(members, self.line, last_full).number


def lineage(deployments: Iterable[Sequence[Member]]) -> Lineage:
    """The lineage after all of `deployments`, oldest first. Raises ValueError without any."""
    history = History()
    for members in deployments:
        history.add(members)
    return history.lineage()


class History:
    """Deployments so far. Adding one costs the same however many there were."""

    def __init__(self) -> None:
        self._line: list[int] = []
        self._in_line: set[int] = set()
        self._last_full: dict[int, int] = {}
        self._rolled_back: set[int] = set()
        self._stayed: set[int] = set()
        self._members: Sequence[Member] = ()
        self._stable: Member | None = None
        self._count = 0

    def add(self, members: Sequence[Member]) -> None:
        """The next deployment."""
        self._count += 1
        self._stable = stable = _stable(members, self._in_line, self._last_full)
        popped = self._settle(stable)
        self._note_rolled_back(members, popped)
        full = {member.number for member in members if member.weight == TOTAL}
        self._stayed = (self._stayed | full) & {member.number for member in members}
        self._last_full |= dict.fromkeys(full, self._count)
        self._members = members

    def lineage(self) -> Lineage:
        """What was added so far. Raises ValueError before the first deployment."""
        if self._stable is None:
            raise ValueError("A Worker without deployments has no lineage.")
        stable = self._stable.number
        earlier = (number for number in reversed(self._line) if number < stable)
        return Lineage(
            stable=stable,
            line=tuple(self._line),
            had_all=tuple(sorted(self._last_full, key=lambda number: self._last_full[number])),
            rolled_back=frozenset(self._rolled_back),
            stayed=frozenset(self._stayed),
            way_back=next((n for n in earlier if n not in self._rolled_back), None),
        )

    def _settle(self, stable: Member) -> set[int]:
        """Makes `stable` the end of the line, which a version joins with its first 100%; gives the
        versions that leave it."""
        popped: set[int] = set()
        if stable.weight != TOTAL and stable.number not in self._in_line:
            return popped
        while self._line and self._line[-1] > stable.number:
            popped.add(self._line.pop())
        self._in_line -= popped
        if stable.number not in self._in_line:
            self._line.append(stable.number)
            self._in_line.add(stable.number)
        return popped

    def _note_rolled_back(self, members: Sequence[Member], popped: set[int]) -> None:
        """Those that were live before and are gone back from: they left the line, or are newer
        than the version that now has everything alone."""
        alone = members[0].number if len(members) == 1 else None
        for member in self._members:
            newer = alone is not None and member.number > alone
            if newer or member.number in popped:
                self._rolled_back.add(member.number)


def _stable(
    members: Sequence[Member], line: Collection[int], last_full: Mapping[int, int]
) -> Member:
    """The one at 100%; else the earliest of the line, so that a version that goes from 100% back
    to a split with its predecessor makes that one stable again; else the one that had 100% last;
    else the lower number. `last_full`: numbers → a place in time, from 1 on."""

    def claim(member: Member) -> tuple[bool, bool, int, int]:
        in_line = member.number in line
        last = 0 if in_line else last_full.get(member.number, 0)
        return member.weight != TOTAL, not in_line, -last, member.number

    return min(members, key=claim)
