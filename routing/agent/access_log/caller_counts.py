"""Who called: distinct callers, and distinct callers with a failed request, by version and minute.

A sticky caller that fails ten times is one failure, or its retries would look like harm. A caller
is known by its version key, else by its address; only a hash of either is held, in memory, and only
numbers leave the edge. A request of a caller that is not known stands for one of its own. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST = 200_000
"""Callers remembered at most, some 20 MB. Beyond, one caller may count once in each batch."""
_MINUTES = 10


class Group(NamedTuple):
    """What one version did in one minute (its first second since 1970) under one deployment."""

    minute: int
    worker: str
    version_id: str
    deployment_id: str


@dataclass(slots=True)
class Calls:
    """Callers of one group. `unknown` are requests of callers that cannot be told apart."""

    unknown: int = 0
    unknown_failed: int = 0
    callers: set[int] = field(default_factory=set)
    failing: set[int] = field(default_factory=set)

    def add(self, requests: int, callers: list[int], *, failed: bool) -> None:
        """`callers` has one hash for each request whose caller is known."""
        unknown = requests - len(callers)
        self.unknown += unknown
        self.callers.update(callers)
        if failed:
            self.unknown_failed += unknown
            self.failing.update(callers)


class CallerMemory:
    """The callers that the control plane has counted in each of the last minutes."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._minutes: dict[int, defaultdict[Group, Calls]] = {}

    def rows(self, found: Mapping[Group, Calls]) -> list[list[Any]]:
        """(*Group, callers, failing callers, unknown) with the callers that are
        new in their minute; failing ones that were counted while they still succeeded are new."""
        return [[*group, *self._new(group, found[group])] for group in sorted(found)]

    def remember(self, found: Mapping[Group, Calls]) -> None:
        """The control plane has counted these."""
        for group, calls in found.items():
            known = self._minutes.setdefault(group.minute, defaultdict(Calls))[group]
            known.callers |= calls.callers
            known.failing |= calls.failing
        self._forget()

    def _new(self, group: Group, calls: Calls) -> tuple[int, ...]:
        minute = self._minutes.get(group.minute)
        known = minute[group] if minute and group in minute else Calls()
        callers = len(calls.callers - known.callers) + calls.unknown
        failing = len(calls.failing - known.failing) + calls.unknown_failed
        return callers, failing, calls.unknown

    def _forget(self) -> None:
        """Drops the oldest minutes until there are few of them and of their callers."""
        minutes = sorted(self._minutes)
        while minutes and (len(minutes) > _MINUTES or self._size() > self._most):
            del self._minutes[minutes.pop(0)]

    def _size(self) -> int:
        return sum(
            len(calls.callers) + 1 for groups in self._minutes.values() for calls in groups.values()
        )
