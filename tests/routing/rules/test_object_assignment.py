"""Each object is assigned to exactly one version, and steps move no more than they must."""

from __future__ import annotations

from hypothesis import given, strategies as st

from routing.rules.object_assignment import (
    Ranges,
    assigned_ranges,
    assigned_version,
    bucket,
    common,
    without,
)
from routing.rules.split import TOTAL, VersionWeight

ids = st.binary(min_size=32, max_size=32).map(bytes.hex)
weights = st.integers(0, TOTAL)


def split(newest: int) -> list[VersionWeight]:
    return [VersionWeight("new", newest), VersionWeight("old", TOTAL - newest)]


def contains(ranges: Ranges, point: int) -> bool:
    return any(first <= point < end for first, end in ranges)


def buckets(ranges: Ranges) -> int:
    return sum(end - first for first, end in ranges)


@st.composite
def some_ranges(draw: st.DrawFn) -> Ranges:
    cuts = sorted(draw(st.sets(weights, max_size=8)))
    return tuple(zip(cuts[::2], cuts[1::2], strict=False))


def test_the_bucket_is_the_same_as_in_javascript() -> None:
    """parseInt("e0fc0c50b69f", 16) % 100000"""
    assert bucket("e0fc0c50b69f5d87f8faa06be8a280141cc28e2213e6fe25a561f6a9d1eb6358") == 96639


@given(ids, weights)
def test_exactly_one_version_has_an_object(object_id: str, newest: int) -> None:
    shares = split(newest)
    having = [v for v, r in assigned_ranges(shares).items() if contains(r, bucket(object_id))]
    assert having == [assigned_version(shares, object_id)]


@given(ids, weights, weights)
def test_a_step_moves_only_what_the_candidate_gains(object_id: str, one: int, two: int) -> None:
    before, after = (assigned_version(split(newest), object_id) for newest in (one, two))
    if before != after:
        assert after == ("new" if two > one else "old")


@given(weights)
def test_versions_have_as_many_buckets_as_their_weight(newest: int) -> None:
    ranges = assigned_ranges(split(newest))
    assert {version: buckets(r) for version, r in ranges.items()} == {
        "new": newest,
        "old": TOTAL - newest,
    }


@given(some_ranges(), some_ranges(), st.integers(0, TOTAL - 1))
def test_ranges_are_sets_of_buckets(one: Ranges, other: Ranges, point: int) -> None:
    inside, outside = contains(one, point), contains(other, point)
    assert contains(common(one, other), point) == (inside and outside)
    assert contains(without(one, [other]), point) == (inside and not outside)
    assert buckets(common(one, other)) + buckets(without(one, [other])) == buckets(one)
