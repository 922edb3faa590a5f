"""Scores how well typed words match a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches

_BETWEEN = re.compile(r"[^\w]+|_")
CLOSE = 0.7
"""Minimum similarity of a misspelled word (`difflib`, 0 to 1)."""
SHORTEST = 3
"""Shorter words are never corrected."""


def words_of(text: str) -> list[str]:
    """In lower case: "Roll back my-api" → roll, back, my, api."""
    return [word for word in _BETWEEN.split(text.lower()) if word]


def score(typed: Sequence[str], text: str) -> int:
    """Sum of the best match of each typed word; 0 if one matches nothing."""
    words = words_of(text)
    best = [max((_fit(one, word) for word in words), default=0) for one in typed]
    return sum(best) if all(best) else 0


def corrected(typed: Sequence[str], vocabulary: Collection[str]) -> list[str]:
    """Replaces misspelled words by close ones from `vocabulary`."""
    words = []
    for one in typed:
        near = get_close_matches(one, vocabulary, n=1, cutoff=CLOSE) if len(one) >= SHORTEST else []
        words.append(near[0] if near else one)
    return words


def _fit(typed: str, word: str) -> int:
    if typed == word:
        return 4
    if word.startswith(typed):
        return 3
    return 1 if len(typed) > 1 and typed in word else 0
