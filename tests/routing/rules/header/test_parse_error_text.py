"""Why a field stops parsing: the mistake, and the character as people see it."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.header.parse_error_text import cause
from routing.rules.header.spans import scan


@pytest.mark.parametrize(
    ("field", "kind", "facts"),
    [
        ("w=7f3ae91b", "number_unquoted", {"number": "7", "char": "f"}),
        ("a, w=-12.5x", "number_unquoted", {"number": "-12.5", "char": "x"}),
        ('My-Worker="x"', "upper_case", {}),
        ('a="b,c", my-Worker="x"', "upper_case", {}),
        ('w:"x"', "colon", {}),
        ('w = "x"', "space_at_equals", {}),
        ('w= "x"', "space_at_equals", {}),
        ('w="x', "quote_open", {}),
        ('w="x",', "member_missing", {}),
        ("w=", "id_missing", {}),
        ("w;", "ends_early", {}),
        ("w='x'", "odd_quote", {"char": "'"}),
        ("w=“x”", "odd_quote", {"char": "“"}),
        ("w=«x»", "odd_quote", {"char": "«"}),
        ("“w”=“x”", "odd_quote", {"char": "“"}),
        ("w=\x93x\x94", "odd_quote", {"char": "\x93"}),
        ('a="x" b="y"', "comma_missing", {}),
        ('2fa="x"', "key_missing", {"char": "2"}),
        (", w", "key_missing", {"char": ","}),
        ('w="é"', "in_string", {"char": "é"}),
        ('w="“x”"', "in_string", {"char": "“"}),
        ('a="x", w="\\n"', "in_string", {"char": "n"}),
        ("w=#", "unexpected", {"char": "#"}),
        ("w=?\t", "unexpected", {"char": "\t"}),
        ("my worker", "unexpected", {"char": "w"}),
        ('Cloudflare-Workers-Version-Overrides: w="x"', "header_name", {}),
        ('cloudflare-workers-version-overrides:w="x"', "header_name", {}),
    ],
)
def test_the_mistake_has_a_kind(field, kind, facts):
    field = field if "\x93" in field else field.encode().decode("latin-1")
    stop = scan(field).stop
    assert stop is not None
    assert cause(field, stop) == (kind, facts)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(max_codepoint=255), max_size=10))
def test_there_is_a_kind_for_every_stop(field):
    stop = scan(field).stop
    if stop is not None:
        assert cause(field, stop)[0]
