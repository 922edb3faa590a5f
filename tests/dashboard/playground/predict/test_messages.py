"""The words for what the rules find: every kind has some, and no fact is left out of them."""

import pytest

from dashboard.playground.predict import messages
from dashboard.playground.predict.messages import advice, label_of, words_of
from routing.rules.problem import Fix, FixKind, Kind, Problem

FACTS = {
    "character": 7,
    "bytes": 20_004,
    "limit": 16_384,
    "char": "“",
    "number": "12",
    "worker": "shop",
    "first": "2",
    "names": ("pricing", "tax"),
    "owner": "auth",
    "keys": ("a", "b"),
    "more": 3,
    "typo": "shoop",
    "type": "Inner List",
    "id": "d1c8",
    "full": "d1c8a4f2",
    "count": 2,
    "command": "wrangler versions deploy",
    "leaving": "new",
    "percentage": "25%",
    "staying": "old",
    "fault": "expired",
}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_words(kind):
    title, text = words_of(Problem(kind, FACTS))
    assert title and text and not title.endswith(".")
    assert "{" not in title + text


def test_every_fix_has_a_label():
    labels = {label_of(Fix(kind, "x", "shop")) for kind in FixKind}
    assert len(labels) == len(FixKind) and "Use shop" in labels


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            Kind.number_unquoted,
            "Stops parsing at character 7. Without quotes, 12 reads as a number",
        ),
        (Kind.odd_quote, "not “. The header does not parse, so none of it counts."),
        (Kind.parameter, "“pricing”, “tax” and 3 more after a semicolon is no Worker."),
        (Kind.not_named, "No member for shop. The header names “a”, “b” and 3 more."),
        (Kind.wrong_type, "The value is an Inner List, not a String."),
        (Kind.foreign_id, "No version of shop has the id “d1c8”. It belongs to auth."),
        (
            Kind.not_in_deployment,
            "It takes the place of new, whose 25% go to old. Add it at 0%: wr",
        ),
    ],
)
def test_facts_become_sentences(kind, words):
    assert words in advice(Problem(kind, FACTS))


@pytest.mark.parametrize(
    ("char", "words"), [(" ", "a space"), ("é", "“é”"), ("\t", "the character U+0009")]
)
def test_a_character_has_a_name(char, words):
    problem = Problem(Kind.unexpected, {"char": char, "character": 1})
    assert f"{words} cannot stand here." in words_of(problem).text


def test_nothing_wrong_needs_no_words():
    assert messages.advice(None) == ""
