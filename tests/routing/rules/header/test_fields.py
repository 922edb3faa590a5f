"""Header lines: the bytes that were on the wire."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.header.fields import OVERRIDES, as_sent, lines_named, octets


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" \tx y\t ", b"x y"),
        (b" \xe9 ", b"\xe9"),
        ("\xe9", b"\xe9"),
        ("日本", "日本".encode()),
        ("", b""),
    ],
)
def test_a_value_is_its_bytes_without_white_space_around(value, expected):
    assert octets(value) == expected


def test_typed_text_is_sent_as_utf_8():
    assert octets(as_sent("Zoë")) == "Zoë".encode()


def test_an_argument_that_is_no_utf_8_is_sent_as_the_bytes_it_was():
    argument = b"\xff\xe9".decode("utf-8", "surrogateescape")
    assert octets(as_sent(argument)) == b"\xff\xe9"


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters()))  # lone surrogates included
def test_no_text_raises(text):
    assert isinstance(octets(text), bytes)
    assert octets(as_sent(text)) == octets(octets(as_sent(text)))


def test_lines_are_found_whatever_the_case_of_their_name():
    headers = [
        ("Cloudflare-Workers-Version-Overrides", "a"),
        ("x-other", "b"),
        (OVERRIDES, "c"),
    ]
    assert lines_named(OVERRIDES, headers) == ["a", "c"]


def test_half_a_surrogate_pair_is_sent_as_its_three_bytes():
    assert as_sent("\ud800") == "\xed\xa0\x80"
