"""Comparing answers: a planted regression is found and planted noise is not, whatever else is."""

import copy
import itertools
import json
import random
import uuid

import pytest
from hypothesis import given, settings, strategies as st

from dashboard.comparison.compare import Side, compare

TURNS = itertools.count()
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-1000, 1000), st.text("abc xyz", max_size=8)
)
keys = st.sampled_from(["id", "name", "sku", "qty", "total", "note", "lines", "a b", "tags"])
documents = st.dictionaries(
    keys,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)


def side(document, status=200, headers=(), names=()):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Side(status, tuple(headers), body, names=tuple(names))


def difference(first, second, candidate, off=()):
    return compare(side(first), side(second), side(candidate), frozenset(off))


def paths(found):
    return [f.change.path for f in found.real]


def noisy(document, dice):
    """The document with what changes from answer to answer: times, ids, order, numbers.

    Never twice the same: what stable happens to say twice alike, nobody can know to be noise.
    """
    turn = next(TURNS)
    second = turn % 60
    colours = ["red", "green", "blue", "cyan", "pink"]
    return document | {
        "now": f"2026-11-18T14:05:{second:02}.{dice.randint(0, 999):03}Z",
        "trace": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "took": dice.random() + 0.1,
        "seen": colours[turn % 5 :] + colours[: turn % 5],
        "rows": [{"ref": f"r{n}", "at": dice.getrandbits(40), "net": n} for n in range(3)],
    }


@settings(max_examples=60, deadline=None)
@given(documents)
def test_an_answer_equals_itself(document):
    found = difference(document, document, document)
    assert found.differences == () and all(row.path == "" for row in found.rows)


@settings(max_examples=60, deadline=None)
@given(documents, st.integers())
def test_planted_noise_is_ignored(document, seed):
    dice = random.Random(seed)
    assert difference(*(noisy(document, dice) for _ in range(3))).real == []


@settings(max_examples=60, deadline=None)
@given(documents, st.integers(), st.sampled_from(["changed", "removed", "added", "kind"]))
def test_a_planted_regression_is_found_beside_noise(document, seed, how):
    dice = random.Random(seed)
    first, second, candidate = (noisy(document | {"planted": 1}, dice) for _ in range(3))
    if how == "removed":
        del candidate["planted"]
    elif how == "added":
        candidate["more"] = {"attempts": 1}
    else:
        candidate["planted"] = 2 if how == "changed" else "1"
    found = difference(first, second, candidate)
    assert paths(found) == ["$.more" if how == "added" else "$.planted"]


@settings(max_examples=60, deadline=None)
@given(documents, documents, st.integers())
def test_every_difference_is_shown_by_a_row_and_rows_hold_both_documents(one, other, seed):
    found = difference(one, one, other)
    assert {f.change.path for f in found.real if f.part == "body"} == {
        row.path for row in found.rows if row.path
    }
    for document, at in ((one, "left"), (other, "right")):
        cells = [getattr(row, at) for row in found.rows if getattr(row, at)]
        assert [c.number for c in cells] == list(range(1, len(cells) + 1))
        if at == "left":
            assert json.loads("".join(c.lead + c.value + c.tail for c in cells)) == document


def test_a_regression_inside_a_noisy_list_element_is_found():
    dice = random.Random(1)
    answers = [noisy({}, dice) for _ in range(3)]
    answers[2]["rows"][1]["net"] = 7
    assert paths(difference(*answers)) == ["$.rows[1].net"]


def test_noise_that_was_equal_by_chance_in_one_element_is_still_noise():
    rows = [
        [{"sku": n, "at": at} for n, at in enumerate(ats)]
        for ats in ((1, 5, 9, 30), (2, 6, 10, 30), (3, 7, 11, 40))
    ]
    assert difference(*({"rows": r} for r in rows)).real == []


def test_values_of_which_only_two_of_many_vary_do_not_hide_the_others():
    rows = [
        [{"name": str(n), "value": v} for n, v in enumerate(values)]
        for values in ((1, 5, 9, 30, 4, 4), (2, 6, 9, 30, 4, 4), (3, 7, 9, 31, 4, 4))
    ]
    assert paths(difference(*({"rows": r} for r in rows))) == ["$.rows[3].value"]


@pytest.mark.parametrize("value", ["error", None, 17, {"at": 1}])
def test_a_value_that_varies_but_never_like_this_is_a_regression(value):
    times = ["2026-11-18T14:05:40.212Z", "2026-11-18T14:05:40.209Z", value]
    found = difference(*({"at": time} for time in times))
    assert paths(found) == ["$.at"] and found.real[0].unlike


def test_a_word_that_changes_beside_a_time_in_the_same_line_is_found():
    lines = ["total 42 at 10:00:01.5", "total 42 at 10:00:01.7", "total 43 at 10:00:02.1"]
    assert paths(difference(*(line.encode() for line in lines))) == ["line 1"]
    lines[2] = "total 42 at 11:22:33.1"
    assert paths(difference(*(line.encode() for line in lines))) == []


def test_another_order_is_noise_only_where_stable_changes_it_too():
    one, other = {"tags": ["a", "b", "c"]}, {"tags": ["c", "a", "b"]}
    assert paths(difference(one, one, other)) == ["$.tags order"]
    assert difference(one, other, {"tags": ["b", "c", "a"]}).real == []
    assert paths(difference(one, other, {"tags": ["b", "c", "x"]})) != []


def test_lists_are_aligned_by_identity_and_an_element_put_in_front_is_one_difference():
    lines = [{"sku": "TEA", "vat": 4.63}, {"sku": "MUG", "vat": 2.07}]
    found = difference(lines, lines, [{"sku": "NEW", "vat": 1}, *copy.deepcopy(lines)])
    assert [(f.change.path, f.change.kind) for f in found.real] == [("$[+0]", "added")]


def test_a_version_that_tells_its_own_name_is_no_regression():
    one = side(
        {"v": {"id": "aaaa0001", "tag": "v1"}, "by": "app/aaaa0001"}, names=("aaaa0001", "v1")
    )
    other = side(
        {"v": {"id": "bbbb0002", "tag": "v2"}, "by": "app/bbbb0002"}, names=("bbbb0002", "v2")
    )
    found = compare(one, one, other, frozenset())
    assert found.real == [] and {f.reason for f in found.masked} == {"version identity, always"}
    wrong = side({"v": {"id": "cccc", "tag": "v2"}, "by": "app/bbbb0002"}, names=("bbbb0002", "v2"))
    assert paths(compare(one, one, wrong, frozenset())) == ["$.v.id"]


def test_a_mask_that_is_taken_off_leaves_a_difference():
    answers = [{"n": 1}, {"n": 2}, {"n": 3}]
    assert paths(difference(*answers, off=["body:$.n"])) == ["$.n"]


def test_status_and_headers_count_and_standard_ones_do_not():
    one = side({}, headers=[("Date", "a"), ("cf-ray", "1"), ("X-Plan", "gold")])
    other = side({}, status=503, headers=[("date", "b"), ("cf-ray", "2"), ("x-plan", "tin")])
    found = compare(one, one, other, frozenset())
    assert paths(found) == ["status", "$.x-plan"]


def test_bytes_are_compared_by_size_and_digest():
    one, other = side(b"\x00\x01"), side(b"\x00\x02\x03")
    found = compare(one, one, other, frozenset())
    assert found.form == "bytes" and paths(found) == ["$.bytes", "$.sha256"]
    assert compare(one, one, one, frozenset()).real == []


def test_keys_that_are_made_up_each_time_do_not_hide_a_new_field():
    made = [{f"k-{n}c{n}7": 1, "total": 2} for n in (1, 2, 3)]
    assert difference(*made).real == []
    made[2]["discount"] = 1
    assert paths(difference(*made)) == ["$.discount"]


def test_an_answer_that_stopped_being_json_is_compared_as_text():
    found = compare(side({"a": 1}), side({"a": 1}), side(b"Internal error", 500), frozenset())
    assert found.form == "text" and paths(found) == ["status", "line 1"]


def test_a_short_tag_excuses_no_other_word():
    one = side({"tag": "1", "total": "1 EUR"}, names=("1",))
    other = side({"tag": "2", "total": "2 EUR"}, names=("2",))
    assert paths(compare(one, one, other, frozenset())) == ["$.total"]
