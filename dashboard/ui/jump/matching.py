"""Which typed words fit which text. Pure: words in, scores out."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches

_BETWEEN = re.compile(r"[^\w]+|_")
CLOSE = 0.7
"""How alike a misspelled word is to the one that was meant, as `difflib` measures it (0 to 1)."""
SHORTEST = 3
"""Letters below which a word is not taken for a misspelled one."""


def words_of(text: str) -> list[str]:
    """In lower case: "Roll back my-api" → roll, back, my, api."""
    return [word for word in _BETWEEN.split(text.lower()) if word]


def score(typed: Sequence[str], text: str) -> int:
    """How well all of `typed` fit the words of `text`; 0 when one of them fits none."""
    words = words_of(text)
    best = [max((_fit(one, word) for word in words), default=0) for one in typed]
    return sum(best) if all(best) else 0


def corrected(typed: Sequence[str], known: Collection[str]) -> list[str]:
    """Each word as it is spelled in `known`, where it is close to one of them."""
    found = []
    for one in typed:
        near = get_close_matches(one, known, n=1, cutoff=CLOSE) if len(one) >= SHORTEST else []
        found.append(near[0] if near else one)
    return found


def _fit(typed: str, word: str) -> int:
    if typed == word:
        return 4
    if word.startswith(typed):
        return 3
    return 1 if len(typed) > 1 and typed in word else 0
