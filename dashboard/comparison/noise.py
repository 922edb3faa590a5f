"""What may vary: where one version's two answers differ, a third may differ in the same manner.

Noise has a shape. Where stable said two different times, another time is noise and "error" is not;
where two lines differ in one word, a third line may differ in that word alone.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any

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
#: Longer texts than this are held against their shape as a whole only.
_LONGEST = 4_000


def kind(value: Any) -> str:
    """The JSON type of a value; what is missing is of the kind `nothing`."""
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
    """Stands where one side has no value."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


def varies_alike(first: Any, second: Any, third: Any) -> bool:
    """Whether `third` is one more of what `first` and `second` (two answers of one version) are."""
    if kind(third) not in (kind(first), kind(second)):
        return False
    if isinstance(first, str) and isinstance(second, str) and isinstance(third, str):
        return _texts_alike(first, second, third)
    return True


def key_shape(key: str) -> str:
    """A key with its digits and letters as classes, if it looks made up; else the key itself."""
    if not any(c.isdigit() for c in key):
        return key
    return re.sub(r"[a-z]", "a", re.sub(r"\d|[a-f](?=[0-9a-f]*\d)|(?<=\d)[a-f]+", "9", key.lower()))


def _texts_alike(first: str, second: str, third: str) -> bool:
    one, two, three = map(_scrubbed, (first, second, third))
    if one == two:
        return three == one
    if max(len(one), len(two), len(three)) > _LONGEST:
        return True
    return _template(one, two).fullmatch(three) is not None


def _scrubbed(text: str) -> str:
    """`text` with its times, ids and long numbers replaced by what they are."""
    for name, pattern in _SHAPES:
        text = pattern.sub(f"‹{name}›", text)
    return text


def _template(one: str, two: str) -> re.Pattern[str]:
    """What both texts have in common; anything may stand where they differ."""
    left, right = _TOKEN.findall(one), _TOKEN.findall(two)
    parts = []
    for tag, i, stop, _, _ in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        parts.append(re.escape("".join(left[i:stop])) if tag == "equal" else _anything(one))
    return re.compile("".join(parts), re.DOTALL)


def _anything(text: str) -> str:
    # One word varies within a sentence; an id of its own may have any signs.
    return r"[^\s]*?" if " " in text else ".*?"
