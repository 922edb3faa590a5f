"""Which version runs a Durable Object: exactly one, by the object's id and the percentages.

Ids of objects are hashes or random, and nobody can choose one, so part of the id is a bucket. The
versions' weights lie end to end over the buckets, newest version first as everywhere, so a step
moves only what the candidate gains or loses.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from routing.rules.split import TOTAL, VersionWeight, walk

_DIGITS = 12
"""Of the id: 48 bits, exact in JavaScript too (`runtime/objects/assignment.js`)."""

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Buckets as (first, end), disjoint and in order."""


def bucket(object_id: str) -> int:
    """The bucket, 0..TOTAL-1, of an object's id (64 hexadecimal digits)."""
    return int(object_id[:_DIGITS], 16) % TOTAL


def assigned_version(shares: Sequence[VersionWeight], object_id: str) -> str:
    """The version that runs the object. `shares` sum to `TOTAL`, newest version first."""
    return walk(shares, bucket(object_id))


def assigned_ranges(shares: Sequence[VersionWeight]) -> dict[str, Ranges]:
    """The buckets of each version, by id. A version with 0% has none."""
    ranges: dict[str, Ranges] = {}
    first = 0
    for share in shares:
        end = first + share.weight
        ranges[share.version_id] = ((first, end),) if share.weight else ()
        first = end
    return ranges


def common(one: Ranges, other: Ranges) -> Ranges:
    """The buckets in both."""
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((first, end) for first, end in pairs if first < end))


def without(one: Ranges, others: Iterable[Ranges]) -> Ranges:
    """The buckets of `one` that none of `others` has."""
    left = one
    for ranges in others:
        for first, end in ranges:
            left = common(left, _outside(first, end))
    return left


def joined(one: Ranges, other: Ranges) -> Ranges:
    """The buckets in either; the two have none in common."""
    ranges: list[tuple[int, int]] = []
    for first, end in sorted((*one, *other)):
        if ranges and ranges[-1][1] == first:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((first, end))
    return tuple(ranges)


def first_buckets(ranges: Ranges, most: int) -> Ranges:
    """The first `most` buckets of `ranges`."""
    parts: list[tuple[int, int]] = []
    for first, end in ranges:
        part = (first, min(end, first + most))
        most -= part[1] - part[0]
        if part[0] < part[1]:
            parts.append(part)
    return tuple(parts)


def _outside(first: int, end: int) -> Ranges:
    return tuple((a, b) for a, b in ((0, first), (end, TOTAL)) if a < b)
