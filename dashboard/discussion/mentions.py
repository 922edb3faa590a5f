"""@names in a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

#: A name after @, not inside a word or an address. Names may end in punctuation of the sentence.
MENTION = re.compile(r"(?<![\w@./])@([\w.@+-]{1,150})")
GROUPS = {"reviewers": "reviewer", "operators": "operator", "admins": "admin", "viewers": "viewer"}
"""Group → the role that its people have."""


def mentioned(text: str, names: Collection[str]) -> list[str]:
    """The mentioned names and groups, each once, in order. Includes mentions in code."""
    names_by_lower = {name.lower(): name for name in [*GROUPS, *names]}
    return list(dict.fromkeys(name for _, _, name in find(text, names_by_lower)))


def find(text: str, names_by_lower: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, canonical name) of each mention."""
    for match in MENTION.finditer(text):
        written = match[1]
        while written:
            if name := names_by_lower.get(written.lower()):
                yield match.start(), match.start() + 1 + len(written), name
                break
            if written[-1] not in ".@+-":
                break
            written = written[:-1]
