"""Forms and code editors know one line break, files know three: what was edited gets back those
that it had."""

from __future__ import annotations

import re
from collections import Counter
from itertools import takewhile

_BREAK = re.compile("\r\n|\r|\n")


def unified(text: str) -> str:
    """As editors hold it: LF only."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def restored(text: str, original: str) -> str:
    """`text` after editing `original`: untouched lines at both ends keep their own line breaks,
    those between get the most common one."""
    if "\r" not in original:
        return text
    breaks: list[str] = _BREAK.findall(original)
    usual = Counter(breaks).most_common(1)[0][0]
    before, after = unified(original).split("\n"), text.split("\n")
    head = _equal(before, after)
    tail = min(_equal(before[::-1], after[::-1]), min(len(before), len(after)) - head)

    def ending(line: int) -> str:
        if line < head and line < len(breaks):
            return breaks[line]
        if line >= len(after) - tail:
            return breaks[line - len(after) + len(before)]
        return usual

    found = "".join(line + ending(i) for i, line in enumerate(after[:-1])) + after[-1]
    # CR, an empty line and LF would be one line break.
    return found if unified(found) == text else text.replace("\n", usual)


def _equal(left: list[str], right: list[str]) -> int:
    """How many lines at the beginning are the same."""
    pairs = zip(left, right, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
