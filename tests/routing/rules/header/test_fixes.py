"""Guesses at the header that was meant."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.header.fixes import (
    LONGEST_FIELD,
    fixed_header,
    quote,
    with_commas,
    with_id,
    with_key,
)
from routing.rules.header.spans import Parameter
from routing.rules.override import Outcome, parse, read_override

ID = "7f3ae91b-0c54-4d28-8a6f-b1e97d20c4e5"
GOOD = f'my-worker="{ID}"'


@pytest.mark.parametrize(
    "field",
    [
        f"my-worker={ID}",
        f'My-Worker="{ID}"',
        f"MY-WORKER={ID}",
        f'my-worker:"{ID}"',
        f"my-worker: {ID}",
        f'my-worker = "{ID}"',
        f'my-worker => "{ID}"',
        f"my-worker='{ID}'",
        f"my-worker=`{ID}`",
        f"my-worker=“{ID}”",
        f"“my-worker”=«{ID}»",
        f"my-worker=„{ID}“",
        f'my-worker="“{ID}”"',
        f"my-worker=\u00a0\u200b{ID}",
        f"my-worker={ID.replace('-', chr(0x2011))}",
        f'my-worker=\\"{ID}\\"',
        f'my-worker="{ID}',
        f'my-worker={ID}"',
        f'my-worker="{ID}",',
        f'my-worker="{ID}",,',
        f'{{"my-worker": "{ID}"}}',
        f"Cloudflare-Workers-Version-Overrides: my-worker={ID}",
        ID,
        f'"{ID}"',
    ],
)
def test_usual_mistakes_are_mended(field):
    assert fixed_header(field.encode().decode("latin-1"), "my-worker") == GOOD


def test_members_of_other_workers_stay_as_they_are_if_they_parse():
    assert fixed_header(f"a=1;p,  my-worker={ID}", "my-worker") == f"a=1;p, {GOOD}"
    assert fixed_header(f"b={ID}, my-worker=d1c8", "my-worker") == f'b="{ID}", my-worker="d1c8"'


def test_a_semicolon_between_workers_was_a_comma():
    assert fixed_header(f"my-worker={ID}; b={ID}", "my-worker") == f'{GOOD}, b="{ID}"'


def test_parameters_are_kept():
    assert fixed_header(f"my-worker={ID};p=1", "my-worker") == f"{GOOD};p=1"


@pytest.mark.parametrize("field", ["", ",", "my worker=x", f'2fa="{ID}"', '"', "é", 'a="x,y", B=1'])
def test_a_field_that_resists_gets_no_guess(field):
    assert fixed_header(field, "my-worker") is None


def test_a_field_that_nobody_typed_gets_no_guess():
    long = f'my-worker="{ID}", a="{"x" * LONGEST_FIELD}"'
    assert fixed_header(long + ",", "my-worker") is None
    assert with_id(long, "my-worker", "x") is with_key(long, "a", "b") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=d1c8", '="d1c8"'),
        ("=d1c8;p=1", '="d1c8";p=1'),
        ("=12345678", '="12345678"'),
        ('=%"d1c8"', '="d1c8"'),
        ('=("d1c8");p', '="d1c8";p'),
        ("=(d1c8)", '="d1c8"'),
    ],
)
def test_a_value_that_names_something_is_quoted(value, expected):
    assert quote(f"a, w{value}, b", "w") == f"a, w{expected}, b"


@pytest.mark.parametrize("value", ["", "=?1", "=@1", "=:aGk=:", "=()", "=(a b)", "=a/b", '=%"ü"'])
def test_a_value_that_names_nothing_is_left_alone(value):
    assert quote("w" + value, "w") is None


def test_the_last_of_several_members_is_the_one_that_changes():
    assert with_id('w="a", w="b";p', "w", "c") == 'w="a", w="c";p'
    assert with_key('x="a", x="b"', "x", "w") == 'x="a", w="b"'
    assert with_key("x", "y", "w") is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["w", "W", "=", ":", '"', "'", " ", ",", ID, "x", ";p", "\\", "é", "{"])
    )
)
def test_a_guess_parses_and_leaves_the_worker_no_value_but_a_string(pieces):
    field = "".join(pieces)
    if parse(field) is None and (guess := fixed_header(field, "w")) is not None:
        assert parse(guess) is not None
        assert read_override([guess], "w").outcome in (None, Outcome.not_addressed)


@pytest.mark.parametrize(
    ("parameter", "fixed"),
    [
        (f'"{ID}"', f'a="x", b="{ID}"'),
        (ID, f'a="x", b="{ID}"'),
        ("?1", None),  # is no id
    ],
)
def test_parameters_become_members_where_their_values_are_ids(parameter, fixed):
    field = f'a="x";b={parameter}'
    semicolon, value = field.index(";"), field.index("b=") + 2
    found = Parameter("b", semicolon, value, len(field))
    assert with_commas(field, [found]) == fixed


def test_a_field_that_is_too_long_is_left_alone():
    assert with_commas("w" * (LONGEST_FIELD + 1), []) is None
