"""SQL text as single statements."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    --[^\n]*            # comment to the end of the line
    | /\*.*?(?:\*/|\Z)  # block comment
    | '[^']*(?:'|\Z)    # text; a quote in it is doubled, which reads as two texts
    | "[^"]*(?:"|\Z)    # name
    | `[^`]*(?:`|\Z)    # name, as in MySQL
    | \[[^\]]*(?:\]|\Z) # name, as in Access
    | ;
    """,
    re.VERBOSE | re.DOTALL,
)
_TRIGGER = re.compile(r"\s*CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TRIGGER\b", re.IGNORECASE)
_COMMENTS = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))+", re.DOTALL)


def split_statements(sql: str) -> list[str]:
    """The statements of `sql`, without the semicolon that ends them and comments before them.

    The body of a trigger has semicolons of its own. As SQLite decides (sqlite3_complete), a trigger
    ends with a statement that is END alone.
    """
    return list(_statements(sql))


def _statements(sql: str) -> Iterator[str]:
    start = part = 0
    is_trigger = False
    for token in _TOKEN.finditer(sql):
        if token[0] != ";":
            continue
        ended = _without_comments(sql[part : token.start()])
        if part == start:
            is_trigger = bool(_TRIGGER.match(ended))
        part = token.end()
        if is_trigger and _COMMENTS.sub("", ended).upper() != "END":
            continue
        statement = _without_comments(sql[start : token.start()])
        start = part
        if statement:
            yield statement
    if last := _without_comments(sql[start:]):
        yield last


def _without_comments(statement: str) -> str:
    """`statement` without whitespace and comments before it."""
    if leading := _COMMENTS.match(statement):
        statement = statement[leading.end() :]
    return statement.rstrip()
