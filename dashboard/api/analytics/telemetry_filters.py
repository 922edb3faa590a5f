"""Which events match: filters and texts. An event is a flat mapping of fields. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard.api.analytics import messages
from dashboard.api.analytics.telemetry_schemas import Filter, Needle

Event = Mapping[str, str | float | bool]
Match = Callable[[Event], bool]
DEPTH = 4
_ALIASES = {
    "=": "eq",
    "!=": "neq",
    ">": "gt",
    ">=": "gte",
    "<": "lt",
    "<=": "lte",
    "does_not_include": "not_includes",
    "does_not_exist": "is_null",
}
_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "includes": lambda field, value: value in field,
    "not_includes": lambda field, value: value not in field,
    "starts_with": lambda field, value: field.startswith(value),
    "ends_with": lambda field, value: field.endswith(value),
    "in": lambda field, value: field in [part.strip() for part in value.split(",")],
    "not_in": lambda field, value: field not in [part.strip() for part in value.split(",")],
}
_NUMBER: Mapping[str, Callable[[float, float], bool]] = {
    "gt": lambda field, value: field > value,
    "gte": lambda field, value: field >= value,
    "lt": lambda field, value: field < value,
    "lte": lambda field, value: field <= value,
}
_ABSENT = {"neq", "not_includes", "not_in", "is_null"}
"""Operations that an event without the field satisfies."""


class FilterInvalid(ValueError):
    """The message names the problem."""


def match_all(filters: Sequence[Filter], combination: str, needle: Needle | None) -> Match:
    """Whether an event satisfies the filters and contains the text."""
    conditions = [_match(entry, 1) for entry in filters]
    combine = any if combination.lower() == "or" and conditions else all
    contains = _contains(needle) if needle else None

    def match(event: Event) -> bool:
        return combine(c(event) for c in conditions) and (contains is None or contains(event))

    return match


def operation_of(given: str) -> str:
    """The plain name of an operation. Raises `FilterInvalid`."""
    name = given.lower().replace("match_regex", "regex")
    name = _ALIASES.get(name, name)
    if name in _TEXT or name in _NUMBER or name in {"eq", "neq", "exists", "is_null"}:
        return name
    raise FilterInvalid(messages.bad_operation(given))


def text_of(value: Any) -> str:
    """A field as text: whole numbers without a fraction, as JSON has them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _match(given: Filter, depth: int) -> Match:
    if given.kind == "filter":
        return _leaf(given)
    if depth > DEPTH:
        raise FilterInvalid(messages.TOO_DEEP)
    try:
        inner = [_match(Filter(**entry), depth + 1) for entry in given.filters]
    except (TypeError, ValueError) as error:
        raise FilterInvalid(str(error) if depth > 1 else messages.BAD_GROUP) from error
    combine = any if given.filterCombination.lower() == "or" else all
    return lambda event: combine(condition(event) for condition in inner)


def _leaf(given: Filter) -> Match:
    operation, key, value = operation_of(given.operation), given.key, given.value
    compare = _compare(operation, value)
    absent = operation in _ABSENT

    def match(event: Event) -> bool:
        field = event.get(key)
        return absent if field is None else compare(field)

    return match


def _compare(operation: str, value: Any) -> Callable[[Any], bool]:
    if operation in ("exists", "is_null"):
        return lambda _: operation == "exists"
    text = text_of(value)
    if operation in ("eq", "neq"):
        return lambda field: (text_of(field) == text) == (operation == "eq")
    if operation in _TEXT:
        by_text = _TEXT[operation]
        return lambda field: by_text(text_of(field), text)
    by_number = _NUMBER[operation]
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise FilterInvalid(messages.bad_number(operation)) from None
    return lambda field: isinstance(field, int | float) and by_number(field, number)


def _contains(needle: Needle) -> Match:
    if needle.isRegex:
        raise FilterInvalid(messages.NO_REGEX)
    text = text_of(needle.value)
    if needle.matchCase:
        return lambda event: any(text in text_of(value) for value in event.values())
    lower = text.lower()
    return lambda event: any(lower in text_of(value).lower() for value in event.values())
