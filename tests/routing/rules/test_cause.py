"""Why a field stops parsing, in words."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.cause import cause
from routing.rules.locate import scan


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("w=7f3ae91b", "without quotes, 7 reads as a number and “f” cannot follow"),
        ("a, w=-12.5x", "-12.5 reads as a number"),
        ('My-Worker="x"', "lower case"),
        ('a="b,c", my-Worker="x"', "lower case"),
        ('w:"x"', "stands “=”, not “:”"),
        ('w = "x"', "no space"),
        ('w= "x"', "no space"),
        ('w="x', "closing double quote is missing"),
        ('w="x",', "comma must be followed"),
        ("w=", "must follow “=”"),
        ("w;", "ends too early"),
        ("w='x'", "plain double quote"),
        ("w=“x”", "plain double quote"),
        ("w=\x93x\x94", "plain double quote"),
        ('a="x" b="y"', "comma must stand between"),
        ('2fa="x"', "starts with a to z or *, not with “2”"),
        (", w", "not with “,”"),
        ('w="é"', "a byte of value 195 cannot stand between quotes"),
        ('a="x", w="\\n"', "“n” cannot stand between quotes"),
        ("w=#", "“#” cannot stand here"),
        ("w=?\t", "a byte of value 9 cannot stand here"),
        ("my worker", "“w” cannot stand here"),
    ],
)
def test_a_sentence_names_the_mistake(field, words):
    field = field if "\x93" in field else field.encode().decode("latin-1")
    stop = scan(field).stop
    assert stop is not None
    assert words in cause(field, stop)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(max_codepoint=255), max_size=10))
def test_there_is_a_sentence_for_every_stop(field):
    stop = scan(field).stop
    if stop is not None:
        assert cause(field, stop).endswith(".")
