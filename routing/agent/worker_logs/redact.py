"""Removes secrets from requests and log entries. Pure.

Done on the edge, before anything is written or sent: headers and values of query strings by name,
and values of the version's own secrets wherever they are printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlsplit, urlunsplit

REDACTED = "REDACTED"
LINES = 128
LINE_CHARS = 4096
ALL_CHARS = 32 * 1024
STACK_CHARS = 8192
EXCEPTIONS = 8

_SECRET_NAMES = re.compile(
    r"authorization|cookie|token|secret|key|passw|session|credential|jwt|signature|^sig$|^code$"
)
_OURS = ("x-edge-", "x-sluice-")
_PAIR = re.compile(r"([^=&]*)=([^&]*)")
_SHORTEST_MASKED = 6


def headers(given: Mapping[str, Any]) -> dict[str, str]:
    """Without our own headers; values of sensitive headers are removed."""
    shown = {name.lower(): str(value) for name, value in given.items()}
    return {
        name: REDACTED if _SECRET_NAMES.search(name) else value[:LINE_CHARS]
        for name, value in shown.items()
        if not name.startswith(_OURS)
    }


def url(given: str) -> str:
    """Without the values of sensitive names in its query, and without a query that has no names."""
    parts = urlsplit(given)
    query = _PAIR.sub(_pair, parts.query)
    if parts.query and "=" not in parts.query:
        query = REDACTED
    return urlunsplit(parts._replace(query=query, fragment=""))[:LINE_CHARS]


def _pair(pair: re.Match[str]) -> str:
    """Names are compared as servers read them, with escapes resolved."""
    is_secret = _SECRET_NAMES.search(unquote_plus(pair[1]).lower())
    return f"{pair[1]}={REDACTED}" if is_secret else pair[0]


class Masks:
    """Of a version's secrets, as (name, value); a name may have several values."""

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        named = {value: name for name, value in secrets if len(value) >= _SHORTEST_MASKED}
        self._names = named
        longest_first = sorted(named, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if named else None

    def text(self, given: str) -> str:
        """`given` with each secret replaced by its name."""
        if self._pattern is None:
            return given
        return self._pattern.sub(lambda found: f"[secret {self._names[found[0]]}]", given)

    def value(self, given: Any) -> Any:
        """Replaces secrets in all text inside a JSON value."""
        if isinstance(given, str):
            return self.text(given)
        if isinstance(given, list):
            return [self.value(item) for item in given]
        if isinstance(given, dict):
            return {self.text(str(key)): self.value(item) for key, item in given.items()}
        return given
