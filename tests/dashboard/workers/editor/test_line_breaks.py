"""Text that went through a form keeps the line breaks of its file."""

from itertools import product

import pytest

from dashboard.workers.editor.line_breaks import restored, unified

TEXTS = ["".join(pieces) for pieces in product(["a", "b", "\r\n", "\r", "\n", ""], repeat=4)]


def test_what_nobody_touched_stays_as_it_was():
    for original in TEXTS:
        assert restored(unified(original), original) == original


def test_no_line_is_lost_or_joined():
    for original, text in zip(TEXTS * 7, TEXTS[7:] * 7, strict=False):
        assert unified(restored(unified(text), original)) == unified(text)


@pytest.mark.parametrize(
    ("original", "text", "expected"),
    [
        ("a\r\nb\r\n", "a\nb\nc\n", "a\r\nb\r\nc\r\n"),
        ("a\r\nb\rc\nd", "a\nB\nc\nd", "a\r\nB\r\nc\nd"),
        ("a\nb\n", "a\nc\n", "a\nc\n"),
        ("", "new\n", "new\n"),
        ("a\rb\r", "b\n", "b\r"),
    ],
)
def test_untouched_lines_keep_theirs_and_new_ones_get_the_usual_one(original, text, expected):
    assert restored(text, original) == expected
