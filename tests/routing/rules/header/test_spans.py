"""Where a field stops parsing: always the first character that nothing could make good."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.header.spans import scan
from routing.rules.override import parse

# Pieces that together reach every state of the grammar. Display Strings have their own test: half
# an escape is not worth a caret.
PIECES = ["w", "w=", "=", '"', "(", ")", " ", "\t", ",", ";", "1", ".", "-", ":", "AA", "?", "?1"]
PIECES += ["@", "\\", '\\"', "A", "é", "*", "#", "12345678901234", "a=1,", '"x"']
fields = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
display_strings = st.lists(
    st.sampled_from(['%"', "%c3", "%a9", "%C3", "%g", "%+f", "% 1", "%", "x", '"', "é", ","]),
    max_size=8,
).map(lambda pieces: "w=" + "".join(pieces))

# Any start of a valid field becomes valid with one of these behind it.
ENDINGS = [
    item + closing
    for item in ("", "a", "1", '"', '""', ":", "A:", "AA:", "AAA:")
    for closing in ("", ")")
]


def accepted(field):
    return parse(field) is not None


def can_become_valid(start):
    return any(accepted(start + ending) for ending in ENDINGS)


@settings(max_examples=120, deadline=None)
@given(fields | display_strings | st.text(max_size=8).map(lambda t: t.encode().decode("latin-1")))
def test_a_field_stops_exactly_when_http_sfv_refuses_it(field):
    assert (scan(field).stop is None) == accepted(field)


@settings(max_examples=60, deadline=None)
@given(fields)
def test_up_to_the_stop_a_field_can_become_valid_and_beyond_it_cannot(field):
    stop = scan(field).stop
    if stop is not None:
        assert can_become_valid(field[:stop])
        assert stop == len(field) or not can_become_valid(field[: stop + 1])


@pytest.mark.parametrize(
    ("field", "stop"),
    [
        ("checkout-api=7f3ae91b-0c54-4d28-8a6f-b1e97d20c4e5", 14),
        ('2fa-service="x"', 0),
        ('My-Worker="x"', 0),
        ('my-Worker="x"', 3),
        ('w:"x"', 1),
        ('w = "x"', 2),
        ('w="x', 4),
        ('w="x",', 6),
        ('w="\\n"', 4),
        ('w="é"', 3),
        ("w=1234567890123456", 17),
        ("w=0123456789012345,a", 18),  # good at the end of a field, says http_sfv, and only there
        ("w=1.2345", 7),
        ("w=1234567890123.1", 15),
        ("w=@1.5", 4),
        ("w=@999999999999999", 14),
        ("w=:a:", 4),
        ("w=?2", 3),
        ("w=(a,b)", 4),
        ("w;A=1", 2),
        ('w=%"%c3x"', 7),
        ('w=%"%C3"', 5),
        ("", 0),
    ],
)
def test_the_caret_stands_where_people_went_wrong(field, stop):
    assert scan(field).stop == stop


def test_members_are_found_with_the_places_of_their_values():
    field = 'a, w="x";p=1,  b=(1 2);q'
    members = scan(field).members
    assert [(m.key, field[m.start], field[m.value : m.stop]) for m in members] == [
        ("a", "a", ""),
        ("w", "w", '"x"'),
        ("b", "b", "(1 2)"),
    ]
