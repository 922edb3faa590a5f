"""Percentages: what is accepted, what is mended, what is refused, and what a draw chooses."""

from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.split import (
    TOTAL,
    SplitRefused,
    VersionWeight,
    format_percentage,
    parse_split,
    percentage,
    pick,
    walk,
)

weights = st.integers(0, TOTAL)


def weights_of(*values):
    return [s.weight for s in parse_split([(f"v{i}", value) for i, value in enumerate(values)])]


def refused(pairs):
    with pytest.raises(SplitRefused) as caught:
        parse_split(pairs)
    return caught.value.code


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100], [100_000]),
        ([0, 100], [0, 100_000]),
        ([33.333, 66.667], [33_333, 66_667]),
        (["33.333", Decimal("66.667")], [33_333, 66_667]),
        ([0.001, 99.999], [1, 99_999]),
        (["12.500", "87.5000"], [12_500, 87_500]),
        ([-0.0, 100], [0, 100_000]),
    ],
)
def test_percentages_that_sum_to_100_become_exact_weights(values, expected):
    assert weights_of(*values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([33.333, 66.666], [33_333, 66_667]),
        ([66.667, 33.334], [66_666, 33_334]),
        ([0, 99.999], [0, 100_000]),
        ([0.001, 100], [1, 99_999]),
    ],
)
def test_the_larger_share_takes_a_difference_of_a_thousandth(values, expected):
    assert weights_of(*values) == expected


def test_the_listed_order_is_kept():
    assert [s.version_id for s in parse_split([("b", 10), ("a", 90)])] == ["b", "a"]


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([], "count"),
        ([("a", 30), ("b", 30), ("c", 40)], "count"),
        ([("a", 50), ("a", 50)], "duplicate"),
        ([("a", 50), ("b", 49)], "sum"),
        ([("a", 50), ("b", 49.998)], "sum"),
        ([("a", 100), ("b", 0.002)], "sum"),
        ([("a", 0), ("b", 0)], "sum"),
        ([("a", 0)], "single"),
        ([("a", 99.999)], "single"),
        ([("a", -1), ("b", 101)], "range"),
        ([("a", 100.001), ("b", 0)], "range"),
        ([("a", 33.3333), ("b", 66.6667)], "decimals"),
        ([("a", "1." + "0" * 40 + "1"), ("b", 99)], "decimals"),
        ([("a", Decimal("1e-999999")), ("b", 100)], "decimals"),
    ],
)
def test_other_lists_are_refused_with_a_code_and_a_sentence(pairs, code):
    assert refused(pairs) == code


@pytest.mark.parametrize(
    "value",
    [True, False, float("nan"), float("inf"), Decimal("sNaN"), None, [], "", "ten"]
    + [pytest.param(10**5000, id="too long to print")]
    + ["1e1", "1_0", "+10", "１０", "0x10", "10%", "-1", "9" * 9_000],
)
def test_what_is_no_plain_number_from_0_to_100_is_refused(value):
    assert refused([("a", value), ("b", 50)]) == "range"


def test_a_refusal_has_the_facts_of_its_message():
    with pytest.raises(SplitRefused) as caught:
        parse_split([("a", 50), ("b", 49.5)])
    assert caught.value.facts == {"sum": "99.5%", "verb": "raise", "difference": "0.5%"}
    with pytest.raises(SplitRefused) as caught:
        parse_split([("a", 33.3333), ("b", 66.667)])
    assert str(caught.value.facts["rounded"]) == "33.333"


@settings(max_examples=40, deadline=None)
@given(weight=weights, off=st.integers(-1, 1))
def test_every_split_sums_to_the_total(weight, off):
    other = min(max(TOTAL - weight + off, 0), TOTAL)
    shares = parse_split([("a", percentage(weight)), ("b", percentage(other))])
    assert sum(share.weight for share in shares) == TOTAL
    assert all(0 <= share.weight <= TOTAL for share in shares)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=2), st.floats() | st.text(max_size=6)), max_size=3))
def test_anything_listed_is_a_whole_split_or_refused(pairs):
    try:
        shares = parse_split(pairs)
    except SplitRefused:
        return
    assert sum(share.weight for share in shares) == TOTAL


@settings(max_examples=40, deadline=None)
@given(weights)
def test_a_weight_survives_the_way_through_json_and_through_text(weight):
    written = format_percentage(weight).removesuffix("%")
    for value in (percentage(weight), written):
        assert parse_split([("a", value), ("b", percentage(TOTAL - weight))])[0].weight == weight


def test_percentages_are_written_as_people_write_them():
    written = [format_percentage(w) for w in (0, 1, 10, 12_500, 33_333, 100_000)]
    assert written == ["0%", "0.001%", "0.01%", "12.5%", "33.333%", "100%"]


def test_a_draw_walks_the_list():
    shares = (VersionWeight("new", 25_000), VersionWeight("old", 75_000))
    assert [pick(shares, d) for d in (0, 0.2499999, 0.25, 1 - 2**-53)] == ["new"] * 2 + ["old"] * 2


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.booleans())
def test_a_version_at_0_is_never_drawn(draw, first):
    shares = [VersionWeight("none", 0), VersionWeight("all", TOTAL)]
    assert pick(shares if first else shares[::-1], draw) == "all"


@pytest.mark.parametrize("draw", [1, 1.5, -0.1, float("nan")])
def test_a_draw_outside_0_to_1_is_a_mistake_of_the_caller(draw):
    with pytest.raises(ValueError, match="draw"):
        pick([VersionWeight("a", TOTAL)], draw)


def test_a_point_beyond_the_shares_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="sum to 10"):
        walk([VersionWeight("a", 10)], 10)


@pytest.mark.parametrize(
    ("value", "weight"),
    [(100 - 66.6, 33_400), (0.1 + 0.2, 300), (33.3 * 3, 99_900), (100 - 99.9 - 0.1, 0)],
)
def test_what_arithmetic_on_floats_leaves_behind_is_rounded_away(value, weight):
    shares = parse_split([("a", value), ("b", (TOTAL - weight) / 1000)])
    assert [share.weight for share in shares] == [weight, TOTAL - weight]


@pytest.mark.parametrize("value", [33.4001, 33.40001, "33.400000000000006"])
def test_what_is_more_than_noise_is_still_refused(value):
    with pytest.raises(SplitRefused) as refused:
        parse_split([("a", value), ("b", 66.6)])
    assert refused.value.code == "decimals"
