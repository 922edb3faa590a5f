"""Version keys: the points that Envoy gives them, and what a ramp does to them."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.affinity import has_version_key, joins_at, pick, point, walk_order
from routing.rules.split import TOTAL, VersionWeight

# Each point was confirmed on Envoy 1.39.3 with weighted clusters of [point, 1, TOTAL - point - 1]:
# the request with this key went to the one in the middle.
POINTS_ON_ENVOY = [
    ([b"alice"], 69289),
    ([b"bob"], 60027),
    ([b"user-1"], 66856),
    ([b"user-42"], 11169),
    ([b"0"], 66028),
    ([b"dc8dcd28-271b-4367-9840-6c244f84cb40"], 95565),
    ([b"a b"], 9912),
    ([b" padded\t"], 79833),
    (["Zoë".encode()], 9521),
    ([b"\xe9"], 41468),
    (["日本".encode()], 35563),
    ([b"x" * 1000], 8865),
    ([b"a,b"], 19520),
    ([b'"quoted"'], 1844),
    ([b"a", b"b"], 16358),
    ([b"b", b"a"], 16358),
    ([b"a", b"a"], 80636),
    ([b"B", b"a", b"\xc3\xab"], 13408),
]
# Envoy sent these on as if there were no key.
ABSENT_ON_ENVOY = [[], [b""], [b" \t"], [b"", b""], [b"", b"a"], [b"a", b""], [b"a", b"", b"b"]]

keys = st.binary(min_size=1, max_size=40).filter(lambda key: has_version_key([key]))
weights = st.integers(0, TOTAL)


def split(weight):
    return (VersionWeight("new", weight), VersionWeight("old", TOTAL - weight))


@pytest.mark.parametrize(("values", "expected"), POINTS_ON_ENVOY)
def test_a_key_has_the_point_that_envoy_gives_it(values, expected):
    assert point(values) == expected
    assert point([value.decode("latin-1") for value in values]) == expected


@pytest.mark.parametrize("values", ABSENT_ON_ENVOY)
def test_a_blank_line_is_no_key(values):
    assert not has_version_key(values)
    assert pick(values, split(50_000)) is None
    with pytest.raises(ValueError, match="no version key"):
        joins_at(values)


def test_shares_are_walked_newest_first_however_they_are_listed():
    old, new = VersionWeight("old", 90_000), VersionWeight("new", 10_000)
    assert walk_order([(old, 9), (new, 10)]) == walk_order([(new, 10), (old, 9)]) == (new, old)


@settings(max_examples=40, deadline=None)
@given(keys)
def test_a_key_is_on_the_newest_version_exactly_from_the_weight_it_joins_at(key):
    joins = joins_at([key])
    assert 1 <= joins <= TOTAL
    assert pick([key], split(joins - 1)) == "old"
    assert pick([key], split(joins)) == "new"


@settings(max_examples=40, deadline=None)
@given(keys, weights, weights)
def test_raising_the_newest_version_never_moves_a_key_away_from_it(key, one, other):
    low, high = sorted((one, other))
    if pick([key], split(low)) == "new":
        assert pick([key], split(high)) == "new"


@settings(max_examples=30, deadline=None)
@given(keys)
def test_nobody_is_pinned_to_a_version_at_0(key):
    assert pick([key], split(0)) == "old"
    assert pick([key], split(TOTAL)) == "new"


@pytest.mark.parametrize("weight", [1_000, 10_000, 33_333, 50_000, 99_000])
def test_the_share_of_keys_approaches_the_percentage(weight):
    count = 5_000
    on_new = sum(pick([b"user-%d" % n], split(weight)) == "new" for n in range(count))
    share = weight / TOTAL
    four_sigma = 4 * (share * (1 - share) / count) ** 0.5
    assert abs(on_new / count - share) < four_sigma
