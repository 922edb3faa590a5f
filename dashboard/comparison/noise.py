"""Whether a third value varies like the first two, which came from one version.

Where stable answered two different times, another time is noise and "error" is not; where two
lines differ in one word, a third line may differ in that word only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dashboard.comparison.bounded_matcher import BoundedMatcher, TooMuchWork, Work

_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_SHAPES = [
    ("time", re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")),
    ("time", re.compile(_DAY + r", \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")),
    ("uuid", re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")),
    ("clock", re.compile(r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b")),
    ("hex", re.compile(r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b")),
    ("number", re.compile(r"\b\d{9,}(?:\.\d+)?\b")),
]
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_HEX_RUN = re.compile(r"[\da-f]+")
#: Longer texts are compared by their whole shape only.
_LONGEST = 4_000


def kind(value: Any) -> str:
    """The JSON type of a value; `nothing` for a missing one."""
    if value is MISSING:
        return "nothing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"


class _Missing:
    """Marks a side without a value."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


def varies_alike(first: Any, second: Any, third: Any) -> bool:
    """Whether `third` is a value like `first` and `second`, two answers of one version."""
    if kind(third) not in (kind(first), kind(second)):
        return False
    if isinstance(first, str) and isinstance(second, str) and isinstance(third, str):
        return _texts_alike(first, second, third)
    return True


def key_shape(key: str) -> str:
    """A key with its digits and letters as classes, if it looks made up; else the key itself."""
    if not any(c.isdigit() for c in key):
        return key
    return re.sub(r"[a-z]", "a", _HEX_RUN.sub(_digits, key.lower()))


def _digits(run: re.Match[str]) -> str:
    """A run of hexadecimal digits: each up to the last decimal one is a 9, the letters behind it
    are one 9 together. Letters alone are a word."""
    last = max((i for i, c in enumerate(run[0]) if c.isdigit()), default=-1)
    if last < 0:
        return run[0]
    return "9" * (last + 1) + ("9" if last + 1 < len(run[0]) else "")


def _texts_alike(first: str, second: str, third: str) -> bool:
    one, two, three = map(_scrubbed, (first, second, third))
    if one == two:
        return three == one
    if max(len(one), len(two), len(three)) > _LONGEST:
        return True
    try:
        pieces = _template(one, two)
    except TooMuchWork:
        return True
    return fits(pieces, three, words=" " in one)


def _scrubbed(text: str) -> str:
    """`text` with times, ids and long numbers replaced by their kind."""
    for name, pattern in _SHAPES:
        text = pattern.sub(f"‹{name}›", text)
    return text


def _template(one: str, two: str) -> list[str | None]:
    """What both texts have in common, with None where they differ."""
    left, right = _TOKEN.findall(one), _TOKEN.findall(two)
    codes = BoundedMatcher(left, right, Work(500_000), autojunk=False).get_opcodes()
    return ["".join(left[i:stop]) if tag == "equal" else None for tag, i, stop, _, _ in codes]


def fits(pieces: Sequence[str | None], text: str, *, words: bool) -> bool:
    """Whether `text` is these pieces in their order, with anything in place of each None; with
    `words`, anything without white space: one word varies within a sentence, while an id of its own
    may have any signs.

    Not a regular expression: those go back over every gap, which takes exponential time.
    """
    starts = [0]
    for piece in pieces:
        if piece is not None:
            starts = [at + len(piece) for at in starts if text.startswith(piece, at)]
        elif words:
            starts = _to_the_end_of_words(starts, text)
        elif starts:
            starts = list(range(starts[0], len(text) + 1))
    return len(text) in starts


def _to_the_end_of_words(starts: Sequence[int], text: str) -> list[int]:
    """Each place from one of these, which ascend, up to the next white space; each once."""
    reached: list[int] = []
    for start in starts:
        at = max(start, reached[-1] + 1) if reached else start
        if at > start and at - 1 < len(text) and text[at - 1].isspace():
            continue
        reached.append(at)
        while at < len(text) and not text[at].isspace():
            at += 1
            reached.append(at)
    return reached
