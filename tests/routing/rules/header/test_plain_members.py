"""One member of a long field: the same answer as http_sfv's, at a bounded price."""

import time

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.header.plain_members import NotADictionary, member
from routing.rules.override import LONGEST_FIELD, Outcome, parse, read_override, type_name

PIECES = ["w", "w=", "=", '"', "(", ")", " ", "\t", ",", ";", "1", ".", "-", ":", "AA", "?", "?1"]
PIECES += [
    "@",
    "\\",
    '\\"',
    "A",
    "é",
    "*",
    "#",
    "12345678901234",
    "a=1,",
    '"x"',
    '"x",',
    "w,",
    "()",
]
PIECES += ["AA==", ":AAAA:", ":AA==:", "%", '%"', "%41", "@1", "1.5", "-1,", "b;w=1,", "(1 w),"]
fields = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)

ID = "d1c8a4f2-7b36-4e0d-9c51-2f8e60a7b913"


def filled(text):
    return (text * (LONGEST_FIELD // len(text)))[:LONGEST_FIELD].rpartition(",")[0]


#: What costs most for its size: as many members, items or parameters as there is room for.
WORST = {
    "members of the Worker": filled("w,"),
    "members of another": filled("a,"),
    "integers": filled("w=1,"),
    "empty lists": filled("w=(),"),
    "byte sequences": filled("w=::,"),
    "display strings": filled('w=%"",'),
    "dates": filled("w=@1,"),
    "one list": "w=(" + "1 " * (LONGEST_FIELD // 2 - 3) + ")",
    "parameters": 'w="x"' + ";a" * (LONGEST_FIELD // 2 - 3),
    "broken at the end": filled("w,") + ",!",
    "one string": 'w="' + "x" * (LONGEST_FIELD - 4) + '"',
}


@settings(max_examples=400, deadline=None)
@given(fields)
def test_the_answer_is_http_sfvs(field):
    dictionary = parse(field)
    try:
        found = member(field, "w")
    except NotADictionary:
        assert dictionary is None
        return
    assert dictionary is not None
    expected = dictionary.get("w")
    assert (found is None) == (expected is None)
    if found is not None:
        assert type_name(found) == type_name(expected)
        assert type_name(found) == "Inner List" or found.value == expected.value


@pytest.mark.parametrize("name", WORST)
def test_no_field_of_the_longest_size_is_expensive(name):
    """A tenth of what http_sfv takes for the same bytes; 1 to 4 ms, measured on one slow core."""
    field = WORST[name]
    took = []
    for _ in range(3):
        began = time.thread_time()
        read_override([field], "w")
        took.append(time.thread_time() - began)
    assert min(took) < 0.010, f"{1000 * min(took):.1f} ms"


def test_a_field_over_the_limit_is_not_read():
    start, end = f'w="{ID}", x="', '"'
    longest = start + "y" * (LONGEST_FIELD - len(start) - 1) + end
    assert read_override([longest], "w").requested == ID
    assert (
        read_override([longest + " "], "w").requested == ID
    )  # white space around it does not count
    assert read_override([longest[:-1] + "y" + end], "w").outcome is Outcome.invalid_header


def test_lines_count_as_envoy_joins_them():
    one = 'a="x"'
    other = f'w="{"y" * (LONGEST_FIELD - len(one) - len(",") - 4)}"'
    for extra, judged in (("", True), ("y", False)):
        lines = [one, other[:-1] + extra + '"']
        assert (read_override(lines, "w").requested is not None) is judged
        assert (read_override([",".join(lines)], "w").requested is not None) is judged


def test_a_member_is_found_before_and_in_the_part_that_http_sfv_parses():
    """http_sfv takes `1.` for a number, which the pattern of plain members does not."""
    field = 'a="1", b=1., c="2"'
    assert member(field, "a").value == "1"
    assert member(field, "c").value == "2"
    assert member(field, "d") is None
