"""The wording of refused changes."""

import pytest

from routing.control import messages
from routing.rules.split import SplitRefused, parse_split


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([], "0 are listed"),
        ([("a", 50), ("a", 50)], "Version a is listed twice"),
        ([("a", 50)], "must have 100%, not 50%"),
        ([("a", "{b}"), ("b", 50)], "from 0 to 100, not '{b}'"),
        ([("a", 33.3333), ("b", 66.667)], "Write 33.333."),
        ([("a", 50), ("b", 49.5)], "add up to 99.5%, not 100%: raise one of them by 0.5%"),
    ],
)
def test_every_invalid_split_has_a_message(pairs, words):
    with pytest.raises(SplitRefused) as caught:
        parse_split(pairs)
    assert words in messages.split_refused(caught.value)


def test_an_unexpected_deployment_is_named():
    assert "it is no deployment." in messages.not_expected(None, "", "")
    assert "deployment d1 by the system via api." in messages.not_expected("d1", "", "api")
