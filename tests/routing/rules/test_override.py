"""The override header, up to the requested version id."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.override import (
    LONGEST_FIELD,
    Outcome,
    addressable,
    combine,
    member_of,
    parse,
    read_override,
    type_name,
)

ID = "d1c8a4f2-7b36-4e0d-9c51-2f8e60a7b913"


def outcome(*lines):
    reading = read_override(lines, "w")
    assert (reading.outcome is None) == (reading.requested is not None)
    return reading.outcome


def requested(*lines):
    return read_override(lines, "w").requested


@pytest.mark.parametrize("lines", [[], [""], [" \t"], [b""]])
def test_an_empty_field_is_absent(lines):
    assert outcome(*lines) is Outcome.absent


@pytest.mark.parametrize(
    "field",
    [
        f'w="{ID}"',
        f'a=1, w="{ID}", b',
        f'w="{ID}";p=1;q',
        f'  w="{ID}"\t',
        f'a="w=\\"x\\"",w="{ID}"',
    ],
)
def test_the_string_of_the_member_is_the_id_that_is_asked_for(field):
    assert requested(field) == requested(field.encode()) == ID


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("=" + ID, "Token"),
        ("=1", "Integer"),
        ("=1.5", "Decimal"),
        ("", "Boolean"),
        ("=?0", "Boolean"),
        ("=:aGk=:", "Byte Sequence"),
        ("=@1", "Date"),
        (f'=%"{ID}"', "Display String"),
        (f'=("{ID}")', "Inner List"),
    ],
)
def test_no_other_type_counts_as_a_string(value, type_):
    assert outcome("w" + value) is Outcome.not_a_string
    member = member_of("w" + value, "w")
    assert member is not None
    assert type_name(member) == type_


@pytest.mark.parametrize("field", ["", "v", f'W2="{ID}"'.lower(), f'x="{ID}";w="{ID}"'])
def test_only_a_member_with_exactly_the_name_addresses_the_worker(field):
    assert outcome(field or "a") is Outcome.not_addressed


@pytest.mark.parametrize("broken", ["W=1", "w=", "2fa", ",", "x=é", "x='y'", "x y", "x,", 'x="'])
def test_one_broken_member_discards_the_whole_field(broken):
    assert outcome(f'w="{ID}", {broken}') is Outcome.invalid_header
    assert outcome(f'w="{ID}"', broken) is Outcome.invalid_header


def test_an_empty_line_among_others_breaks_the_field():
    assert combine([f'w="{ID}"', ""]) == f'w="{ID}", '
    assert outcome(f'w="{ID}"', "") is Outcome.invalid_header


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["w", "w=1", 'w="a"', 'w="b";p', "x", 'x="c"']), min_size=1))
def test_a_later_member_with_the_same_key_wins(members):
    own = [member for member in members if member[0] == "w"]
    assert read_override([",".join(members)], "w").requested == (
        read_override(own[-1:], "w").requested
    )


@settings(max_examples=30, deadline=None)
@given(st.text("abc ", max_size=5), st.sampled_from(["", ";a", ";a=1", ';a="w"; b=?0', ";a=w"]))
def test_parameters_are_ignored(value, parameters):
    assert requested(f'w="{value}"{parameters}') == value


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(['w="a"', "x=1", 'w="b"', "y;p", "W", ""]), min_size=1, max_size=4))
def test_several_lines_are_one_joined_field(lines):
    readings = [
        read_override(lines, "w"),
        read_override([", ".join(lines)], "w"),
        read_override([",".join(lines)], "w"),
    ]
    assert len({(reading.outcome, reading.requested) for reading in readings}) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=12) | st.binary(max_size=12), max_size=3))
def test_nothing_raises(lines):
    assert outcome(*lines) in (*Outcome, None)


def test_bytes_that_are_no_ascii_never_parse():
    for octet in range(128, 256):
        assert parse(f'w="{chr(octet)}"') is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("my-worker", True), ("a", True), ("a_b-9", True), ("2fa-service", False), ("", False)],
)
def test_a_worker_is_addressable_when_its_name_is_a_key(name, expected):
    assert addressable(name) is expected
    assert (parse(f'{name}="x"') is not None) is expected


def test_a_field_that_is_too_long_is_not_parsed():
    assert parse(f'w="{"x" * LONGEST_FIELD}"') is None
