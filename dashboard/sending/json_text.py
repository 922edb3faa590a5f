"""JSON as tokens (RFC 8259): indented, masked or parsed without losing a digit or a key.

Python's parser drops the first of two equal keys, makes 1e400 infinite and rounds. Pages and stored
answers therefore have the original tokens with new white space.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NoReturn

_TOKEN = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+)', re.DOTALL)
_INDENT = "  "
_DEEPEST = 60


def is_json(text: str) -> bool:
    """Whether the text is one JSON object or array, and not too deep to be looked into."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def pretty(text: str) -> Iterator[str]:
    """The lines of valid JSON with one value to a line; its tokens stay letter for letter."""
    line: list[str] = []
    depth = 0
    before = ""
    for token in _tokens(text):
        if token in ("]", "}"):
            depth -= 1
        if (before in ("[", "{") and token not in ("]", "}")) or before == ",":
            yield "".join(line)
            line = [_indent(depth)]
        elif token in ("]", "}") and before not in ("[", "{"):
            yield "".join(line)
            line = [_indent(depth)]
        line.append(": " if token == ":" else token)
        depth += token in ("[", "{")
        before = token
    yield "".join(line)


def _indent(depth: int) -> str:
    """Lines of a deep document would be nothing but white space."""
    return _INDENT * min(depth, _DEEPEST)


def replace_strings(text: str, change: Callable[[str, str], str]) -> str:
    """Valid JSON with each string value put through `change(name, value)`; keys stay.

    `name` is the key that the value stands under, also within a list. What is not changed keeps
    its letters and the white space around it.
    """
    out: list[str] = []
    open_with: list[tuple[str, str]] = []  # each bracket, and the name that it stands under
    name, at, expects_key = "", 0, False
    for match in _TOKEN.finditer(text):
        token = match[1]
        out.append(text[at : match.start(1)])
        at = match.end()
        if token in ("{", "["):
            open_with.append((token, name))
        elif token in ("]", "}"):
            name = open_with.pop()[1]
        elif token.startswith('"') and expects_key:
            name = json.loads(token)
        elif token.startswith('"'):
            token = _changed(token, name, change)
        if token in ("{", "[", ","):
            expects_key = open_with[-1][0] == "{"
        elif token == ":":
            expects_key = False
        out.append(token)
    return "".join(out) + text[at:]


def _changed(token: str, name: str, change: Callable[[str, str], str]) -> str:
    value = json.loads(token)
    changed = change(name, value)
    return token if changed == value else json.dumps(changed, ensure_ascii=False)


def strict(text: str) -> Any:
    """The document, where Python's types hold all of it; raises `ValueError` where they do not."""
    return json.loads(text, parse_constant=_refuse, parse_float=_exact, object_pairs_hook=_unique)


def _tokens(text: str) -> Iterator[str]:
    return (match[1] for match in _TOKEN.finditer(text))


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _exact(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number) or Decimal(digits) != Decimal(repr(number)):
        raise ValueError(f"{digits} is no double")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key stands twice")
    return document
