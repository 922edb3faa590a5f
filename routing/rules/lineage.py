"""The stable version and rolled back versions, folded over a Worker's deployments (spec).

`History` takes deployments in order; the same history always gives the same result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.rules.split import TOTAL


class Member(NamedTuple):
    """A version in a deployment: its number, and its weight in units of 0.001%."""

    number: int
    weight: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """The result of a Worker's deployments up to one of them. Versions are given by number.

    stable: the stable version of the last deployment.
    line: versions with 100%, each of which replaced the one before; without those that a deployment
        went back from, so the numbers rise.
    ever_full: versions that ever had 100%, in the order of their last time.
    live_since_full: those of `ever_full` that were in every deployment since.
    rolled_back: versions that a deployment went back from. Never shrinks.
    rollback_target: the last version before `stable` in the line that was never rolled back.
    """

    stable: int
    line: tuple[int, ...]
    ever_full: tuple[int, ...]
    rolled_back: frozenset[int]
    live_since_full: frozenset[int]
    rollback_target: int | None

    def stable_of(self, members: Sequence[Member]) -> int:
        """Which version would be stable if `members` were deployed next."""
        last_full = {number: place for place, number in enumerate(self.ever_full, start=1)}
        return _stable(members, self.line, last_full).number


def lineage(deployments: Iterable[Sequence[Member]]) -> Lineage:
    """The lineage after `deployments`, oldest first. Raises ValueError if there are none."""
    history = History()
    for members in deployments:
        history.add(members)
    return history.lineage()


class History:
    """The deployments so far. Adding one takes constant time."""

    def __init__(self) -> None:
        self._line: list[int] = []
        self._in_line: set[int] = set()
        self._last_full: dict[int, int] = {}
        self._rolled_back: set[int] = set()
        self._live_since_full: set[int] = set()
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
        self._live_since_full = (self._live_since_full | full) & {
            member.number for member in members
        }
        self._last_full |= dict.fromkeys(full, self._count)
        self._members = members

    def lineage(self) -> Lineage:
        """The lineage so far. Raises ValueError before the first deployment."""
        if self._stable is None:
            raise ValueError("A Worker without deployments has no lineage.")
        stable = self._stable.number
        earlier = (number for number in reversed(self._line) if number < stable)
        return Lineage(
            stable=stable,
            line=tuple(self._line),
            ever_full=tuple(sorted(self._last_full, key=lambda number: self._last_full[number])),
            rolled_back=frozenset(self._rolled_back),
            live_since_full=frozenset(self._live_since_full),
            rollback_target=next((n for n in earlier if n not in self._rolled_back), None),
        )

    def _settle(self, stable: Member) -> set[int]:
        """Makes `stable` the end of the line, which a version joins with its first 100%. Returns
        the versions that left the line."""
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
        """Marks versions that were live before and left the line, or are newer than the version
        that now has 100%."""
        alone = members[0].number if len(members) == 1 else None
        for member in self._members:
            newer = alone is not None and member.number > alone
            if newer or member.number in popped:
                self._rolled_back.add(member.number)


def _stable(
    members: Sequence[Member], line: Collection[int], last_full: Mapping[int, int]
) -> Member:
    """The version at 100%; else the earliest of the line, so that going from 100% back to a split
    with the predecessor makes the predecessor stable again; else the one that had 100% last; else
    the lower number. `last_full`: number → the index of its last deployment at 100%."""

    def claim(member: Member) -> tuple[bool, bool, int, int]:
        in_line = member.number in line
        last = 0 if in_line else last_full.get(member.number, 0)
        return member.weight != TOTAL, not in_line, -last, member.number

    return min(members, key=claim)
