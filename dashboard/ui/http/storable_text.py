"""Text that a database takes: PostgreSQL stores no NUL, in text or in JSON, and nothing stores half
a surrogate pair. People's input is refused (`unstorable`), an edge's is repaired (`storable`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

REPLACEMENT = "\ufffd"


def unstorable(value: Any) -> bool:
    """Whether text in `value`, of whatever JSON type, holds a NUL or half a surrogate pair."""
    if isinstance(value, str):
        return _is_unstorable(value)
    if isinstance(value, dict):
        return any(unstorable(key) or unstorable(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(map(unstorable, value))


def any_unstorable(texts: Iterable[str]) -> bool:
    return any(map(_is_unstorable, texts))


def storable(value: Any) -> Any:
    """`value` with U+FFFD in place of each such character."""
    if isinstance(value, str):
        return _repaired(value) if _is_unstorable(value) else value
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value


def _is_unstorable(text: str) -> bool:
    if text.isascii():
        return "\0" in text
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _repaired(text: str) -> str:
    return "".join(REPLACEMENT if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
