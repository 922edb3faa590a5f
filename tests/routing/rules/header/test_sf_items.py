"""Where one bare item ends."""

import pytest

from routing.rules.header.sf_items import Stopped, bare_item


@pytest.mark.parametrize(
    "item",
    ['"a \\"b\\" \\\\"', "token/*:x", "*", "-12", "1.5", "?0", ":aGk=:", "::", "@1", "@-1"]
    + ['%"f%c3%bc"', '%"%f0%9f%98%80"', "-999999999999999", "123456789012.123"],
)
def test_an_item_ends_where_the_next_thing_begins(item):
    for rest in ("", ",b", ";p", " "):
        assert bare_item("k=" + item + rest, 2) == 2 + len(item)


@pytest.mark.parametrize(
    ("field", "index"),
    [("", 0), ("é", 0), ("-", 1), ("-a", 1), ('"', 1), ('"\\', 2), ("?", 1), (":", 1), (":a b:", 2)]
    + [("%x", 1), ('%"%', 3), ('%"%0', 4), ('%"%0g', 4), ('%"%ff"', 4), ('%"%c3"', 5), ("@x", 1)],
)
def test_a_broken_item_names_the_first_character_that_cannot_be(field, index):
    with pytest.raises(Stopped) as caught:
        bare_item(field, 0)
    assert caught.value.index == index
