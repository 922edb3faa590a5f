"""The first problem that a JSON Schema finds in a document. Pure.

A schema of forty definitions that each refer to the next one twice asks 2^40 questions, and
`uniqueItems` of the package compares every pair of objects: each keyword spends from a budget here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry

from dashboard.comparison.bounded_matcher import TooMuchWork, Work

WORK = 300_000
"""Keywords looked at, with the lengths of their lists: less than a second."""
DEPTH = 80
"""Keywords within keywords. Python's own limit of frames comes later, and inside of a package
written in Rust it ends in a panic, which no `except Exception` catches."""
_CHARACTERS = 50
"""Of a message, which quotes the value, for one unit of work."""


@dataclass
class _Budget(Work):
    depth: int = 0


Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]
_work: ContextVar[_Budget] = ContextVar("budget of a schema")


def first_problem(schema: dict[str, Any], document: Any) -> ValidationError | None:
    """The problem that says most, None without one.

    Raises `TooMuchWork`, `Unresolvable`, and what else a valid schema may meet in a document.
    """
    reset = _work.set(_Budget(WORK))
    try:
        # An empty registry, so that a $ref never makes this machine fetch another address.
        validator = _Bounded(schema, registry=Registry())
        return best_match(validator.iter_errors(document))
    finally:
        _work.reset(reset)


def _counted(keyword: Keyword) -> Keyword:
    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        work = _work.get()
        work.spend(1 + (len(value) if isinstance(value, list | dict) else 0))
        if work.depth >= DEPTH:
            raise TooMuchWork(f"its parts lie more than {DEPTH} deep")
        work.depth += 1
        try:
            for error in keyword(validator, value, instance, schema) or ():
                work.spend(len(error.message) // _CHARACTERS)
                yield error
        finally:
            work.depth -= 1

    return counted


def _unique(validator: Any, unique: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if unique and isinstance(instance, list):
        _work.get().spend(len(instance))
        if len({_canonical(item) for item in instance}) < len(instance):
            yield ValidationError(f"{instance!r} has non-unique elements")


def _canonical(value: Any) -> str:
    """Equal for equal JSON: 1 and 1.0 are, true and 1 are not."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


_Bounded = extend(
    Draft202012Validator,
    {name: _counted(keyword) for name, keyword in Draft202012Validator.VALIDATORS.items()}
    | {"uniqueItems": _unique},
)
