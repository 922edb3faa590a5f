"""Counts distinct callers, and distinct callers with a failed request, by version and minute.

A sticky caller that fails ten times counts as one failure; otherwise retries would look like harm.
A caller is identified by its version key, else by its address. Only a hash is kept, in memory, and
only numbers leave the edge. A request without a caller counts on its own. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST = 200_000
"""Callers remembered, about 20 MB. Beyond it one caller may count once in each batch."""
_MINUTES = 10


class Group(NamedTuple):
    """`minute` is its first second since 1970."""

    minute: int
    worker: str
    version_id: str
    deployment_id: str


@dataclass(slots=True)
class Calls:
    """`unknown` counts requests without a caller."""

    unknown: int = 0
    unknown_failed: int = 0
    callers: set[int] = field(default_factory=set)
    failing: set[int] = field(default_factory=set)

    def add(self, requests: int, callers: list[int], *, failed: bool) -> None:
        """`callers` has one hash per request."""
        unknown = requests - len(callers)
        self.unknown += unknown
        self.callers.update(callers)
        if failed:
            self.unknown_failed += unknown
            self.failing.update(callers)


class CallerMemory:
    """The callers that the control plane has counted in the last minutes."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._minutes: dict[int, defaultdict[Group, Calls]] = {}

    def rows(self, found: Mapping[Group, Calls]) -> list[list[Any]]:
        """(*Group, callers, failing callers, unknown), counting callers that are new in their
        minute. A caller that fails after it was counted as successful is new among the failing
        ones."""
        return [[*group, *self._new(group, found[group])] for group in sorted(found)]

    def remember(self, found: Mapping[Group, Calls]) -> None:
        """The control plane accepted these."""
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
        minutes = sorted(self._minutes)
        while minutes and (len(minutes) > _MINUTES or self._size() > self._most):
            del self._minutes[minutes.pop(0)]

    def _size(self) -> int:
        return sum(
            len(calls.callers) + 1 for groups in self._minutes.values() for calls in groups.values()
        )
