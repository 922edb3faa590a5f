"""What each process is assigned next. Pure.

A bucket goes from one process to another in two steps: the first process confirms that it has
closed the bucket's objects, then the second one gets it. A process that has ended has nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.rules.object_assignment import Ranges, common, first_buckets, joined, without

MOST_CLOSED = 10_000
"""Buckets that a process closes at a time, of 100,000: their calls wait until all are closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process with classes of Durable Objects. `ranges` are all buckets whose objects it may have
    open; None if that is unclear. It cannot be assigned anything unless `is_reachable`."""

    pid: int
    version_id: str
    ranges: Ranges | None
    is_reachable: bool


def next_assignments(holders: Iterable[Holder], targets: Mapping[str, Ranges]) -> dict[int, Ranges]:
    """By process id, the buckets of each process whose assignment changes now. `targets` are those
    of each version, as the percentages have it; `holders` are the processes of one Worker."""
    listed = tuple(holders)
    given: dict[int, Ranges] = {}
    for holder in listed:
        if holder.ranges is None or not holder.is_reachable:
            continue
        taken = [
            (*other.ranges, *given.get(other.pid, ())) if other.ranges is not None else None
            for other in listed
            if other is not holder
        ]
        following = _following(holder.ranges, targets.get(holder.version_id, ()), taken)
        if following != holder.ranges:
            given[holder.pid] = following
    return given


def _following(own: Ranges, target: Ranges, taken: Sequence[Ranges | None]) -> Ranges:
    """`taken` is what the other processes have."""
    certain = [ranges for ranges in taken if ranges is not None]
    is_certain = len(certain) == len(taken)
    following = without(target, certain) if is_certain else common(own, target)
    leaving = without(own, [following])
    return joined(following, without(leaving, [first_buckets(leaving, MOST_CLOSED)]))
