"""Which records a job sends: Cloudflare's filter language over one record. Pure.

https://developers.cloudflare.com/logs/logpush/logpush-job/filters/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Record = Mapping[str, Any]
Filter = Callable[[Record], bool]

DEEPEST = 3
MOST = 30


class FilterInvalid(ValueError):
    """The filter cannot be read; the message says where."""


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, value: bool(held == value),
    "lt": lambda held, value: bool(held < value),
    "leq": lambda held, value: bool(held <= value),
    "gt": lambda held, value: bool(held > value),
    "geq": lambda held, value: bool(held >= value),
    "startsWith": lambda held, value: held.startswith(value),
    "endsWith": lambda held, value: held.endswith(value),
    "contains": lambda held, value: value in held,
    "in": lambda held, value: held in value,
}
_NEGATED = {"eq", "startsWith", "endsWith", "contains", "in"}
_NUMBERS = {"lt", "leq", "gt", "geq"}
_TEXTS = {"startsWith", "endsWith", "contains"}


def parse_filter(text: str, types: Mapping[str, str]) -> Filter:
    """The filter in `text`; `types` are the fields it may name. Raises `FilterInvalid`."""
    if not text.strip():
        return lambda record: True
    try:
        where = json.loads(text)["where"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FilterInvalid('filter: expected JSON text such as {"where": {…}}.') from error
    if len(text) > 30_000:
        raise FilterInvalid("filter: too long.")
    return _clause(where, types, DEEPEST)


def _clause(where: Any, types: Mapping[str, str], depth: int) -> Filter:
    if not isinstance(where, dict) or depth < 0:
        raise FilterInvalid(f"filter: expected an object, nested at most {DEEPEST} deep.")
    for word, join in (("and", all), ("or", any)):
        if word in where:
            parts = where[word]
            if not isinstance(parts, list) or not 1 <= len(parts) <= MOST or len(where) > 1:
                raise FilterInvalid(f"filter: {word} takes a list of 1 to {MOST}.")
            clauses = [_clause(part, types, depth - 1) for part in parts]
            return lambda record, join=join: join(c(record) for c in clauses)  # type: ignore[misc]
    return _comparison(where, types)


def _comparison(where: dict[str, Any], types: Mapping[str, str]) -> Filter:
    key, operator, value = str(where.get("key")), where.get("operator"), where.get("value")
    kind = types.get(key)
    if kind not in ("string", "int"):
        raise FilterInvalid(f"filter: {key[:60]!r} is no field that can be compared.")
    negated = isinstance(operator, str) and operator.startswith("!")
    name = operator[1:] if negated and isinstance(operator, str) else operator
    if name not in _COMPARE or (negated and name not in _NEGATED):
        raise FilterInvalid(f"filter: {str(operator)[:20]!r} is no operator.")
    _check(name, kind, value)
    wanted = _number(value) if kind == "int" else value

    def holds(record: Record) -> bool:
        held = record.get(key)
        return held is not None and _COMPARE[name](held, wanted) is not negated

    return holds


def _number(value: Any) -> Any:
    """Numbers may come as text (Cloudflare's own examples have them so)."""
    return [int(v) for v in value] if isinstance(value, list) else int(value)


def _check(name: str, kind: str, value: Any) -> None:
    if (name in _NUMBERS and kind != "int") or (name in _TEXTS and kind != "string"):
        raise FilterInvalid(f"filter: {name} does not apply to a field of this type.")
    values = value if name == "in" and isinstance(value, list) else [value]
    whole = all(isinstance(v, int) or (isinstance(v, str) and v.isdigit()) for v in values)
    fits = whole if kind == "int" else all(isinstance(v, str) for v in values)
    if not fits or (name == "in") is not isinstance(value, list):
        raise FilterInvalid(f"filter: the value of {name} has the wrong type.")
