"""Holds an answer against a check's assertions. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import singledispatch
from typing import Any

import jsonpath
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from dashboard.smoketests.document import (
    Check,
    HeaderIs,
    JsonAt,
    LatencyUnder,
    SchemaMatches,
    StatusIs,
    TextContains,
    TextLacks,
)

_LONGEST = 200  # characters of a value that a result quotes
_CANNOT_JUDGE = (RecursionError, ArithmeticError, re.error, jsonpath.JSONPathError)
"""What a schema or a path that is valid may still raise, by what it meets in an answer."""


class Verdict(StrEnum):
    """What a check came to. `BROKEN`: another version answered, or nothing did, so it proves
    nothing; it is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"


WORST_FIRST = (Verdict.BROKEN, Verdict.FAILED, Verdict.PASSED)


@dataclass(frozen=True, slots=True)
class Received:
    """What came back: `version_id` by the edge's word; headers in lower case; `ms` in all."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    ms: float
    version_id: str

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Result:
    """One assertion: what was expected, whether it held, and what was there."""

    kind: str
    expected: str
    passed: bool
    actual: str = ""


def judge(check: Check, received: Received, version_id: str) -> tuple[Verdict, list[Result]]:
    """The check's verdict, with a result for the version first and then for each assertion."""
    ran = received.version_id == version_id
    results = [Result("version", version_id, ran, received.version_id or "none")]
    results += [_result(assertion, received) for assertion in check.assertions]
    if not ran:
        return Verdict.BROKEN, results
    passed = all(result.passed for result in results)
    return Verdict.PASSED if passed else Verdict.FAILED, results


@singledispatch
def _result(assertion: Any, received: Received) -> Result:
    raise TypeError(f"no rule for {type(assertion).__name__}")


@_result.register
def _(assertion: StatusIs, received: Received) -> Result:
    wanted, actual = assertion.status, received.status
    return Result("status", str(wanted), actual == wanted, str(actual))


@_result.register
def _(assertion: TextContains, received: Received) -> Result:
    found = assertion.text in received.text
    return Result("text", assertion.text, found, "" if found else _short(received.text))


@_result.register
def _(assertion: TextLacks, received: Received) -> Result:
    found = assertion.no_text in received.text
    return Result("no_text", assertion.no_text, not found, assertion.no_text if found else "")


@_result.register
def _(assertion: HeaderIs, received: Received) -> Result:
    name = assertion.header.lower()
    values = [value for header, value in received.headers if header.lower() == name]
    actual = ", ".join(values)
    if assertion.equals is not None:
        return Result("header", f"{name}: {assertion.equals}", actual == assertion.equals, actual)
    if assertion.contains is not None:
        found = assertion.contains.lower() in actual.lower()
        return Result("header", f"{name} contains {assertion.contains}", found, actual)
    return Result("header", name, bool(values), actual)


@_result.register
def _(assertion: JsonAt, received: Received) -> Result:
    expected = assertion.json_path
    if assertion.compares:
        expected = f"{expected} = {_as_json(assertion.equals)}"
    return _with_json("json", expected, received, lambda document: _at(assertion, document))


@_result.register
def _(assertion: SchemaMatches, received: Received) -> Result:
    def problem(document: Any) -> tuple[bool, str]:
        # An empty registry, so that a $ref never makes this machine fetch another address.
        validator = Draft202012Validator(assertion.schema_, registry=Registry())
        try:
            first = best_match(validator.iter_errors(document))
        except Unresolvable as error:
            return False, f"{error.ref} is not part of the schema"
        return first is None, f"{first.json_path}: {first.message}" if first else ""

    return _with_json("schema", "matches the schema", received, problem)


@_result.register
def _(assertion: LatencyUnder, received: Received) -> Result:
    limit = assertion.latency_ms
    return Result("latency_ms", f"under {limit:g}", received.ms < limit, f"{received.ms:.1f}")


def _with_json(
    kind: str, expected: str, received: Received, rule: Callable[[Any], tuple[bool, str]]
) -> Result:
    try:
        document = json.loads(received.body)
    except (ValueError, RecursionError):
        return Result(kind, expected, False, f"not JSON: {_short(received.text)}")
    try:
        passed, actual = rule(document)
    except _CANNOT_JUDGE as error:
        return Result(kind, expected, False, _short(f"cannot be judged: {error}"))
    return Result(kind, expected, passed, _short(actual))


def _at(assertion: JsonAt, document: Any) -> tuple[bool, str]:
    values = jsonpath.findall(assertion.json_path, document)
    if not values:
        return False, "nothing is there"
    if not assertion.compares:
        return True, _as_json(values[0])
    return _equal(values[0], assertion.equals), _as_json(values[0])


def _equal(actual: Any, expected: Any) -> bool:
    """Equal as JSON: 42 and 42.0 are, true and 1 are not."""
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(_equal, actual, expected))
    if isinstance(actual, dict) and isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(
            _equal(actual[k], expected[k]) for k in actual
        )
    return bool(actual == expected)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
