"""Holds an answer against a check's assertions. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import singledispatch
from typing import Any

import jsonpath
from referencing.exceptions import Unresolvable

from dashboard.comparison.bounded_matcher import TooMuchWork
from dashboard.comparison.compare import Side
from dashboard.smoketests.json_rules.path import values_at
from dashboard.smoketests.json_rules.schema import first_problem
from dashboard.smoketests.same_as_stable import Difference, differences
from dashboard.smoketests.suites.document import (
    Check,
    HeaderIs,
    JsonAt,
    LatencyUnder,
    NoSkew,
    SameAsStable,
    SchemaMatches,
    StatusIs,
    TextContains,
    TextLacks,
)

_LONGEST = 200  # characters of a value that a result quotes
_LISTED = 4000  # characters of a list of missing files
_CANNOT_JUDGE = (*(RecursionError, ArithmeticError, re.error, jsonpath.JSONPathError, TooMuchWork),)
"""What a schema or a path that is valid may still raise, by what it meets in an answer."""


class Verdict(StrEnum):
    """What a check came to. `BROKEN`: another version answered, or nothing did, so it proves
    nothing; it is never a pass. `COMMAND`: a script, which runs by command only, was not run."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    COMMAND = "command"


WORST_FIRST = (Verdict.BROKEN, Verdict.FAILED, Verdict.COMMAND, Verdict.PASSED)


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
    """One assertion: what was expected, whether it holds, what was there, and what stable has."""

    kind: str
    expected: str
    passed: bool
    actual: str = ""
    stable: str = ""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """Two answers of stable and one of the version under test; `None` for no other version."""

    first: Side
    second: Side
    candidate: Side


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A file that the page of one version names and the other one does not serve."""

    target: str
    page_of: str
    asked: str
    why: str


@dataclass(frozen=True, slots=True)
class Skew:
    """`not_html` is the version whose answer is not a page; then nothing was asked."""

    asked: int = 0
    missing: tuple[MissingFile, ...] = ()
    not_html: str = ""


def judge(check: Check, received: Received, version_id: str) -> tuple[Verdict, list[Result]]:
    """The check's verdict, with a result for the version first and then for each assertion."""
    results = results_of(check, received)
    return conclude(results, received.version_id, version_id)


def results_of(
    check: Check, received: Received, compared: Compared | None = None, skew: Skew | None = None
) -> list[Result]:
    """A result for each assertion. Without `compared` and `skew`, what needs stable is not
    judged."""
    results = []
    for assertion in check.assertions:
        if isinstance(assertion, SameAsStable):
            results.append(_against_stable(assertion, compared))
        elif isinstance(assertion, NoSkew):
            results.append(_without_skew(skew))
        else:
            results.append(_result(assertion, received))
    return results


def conclude(
    results: Sequence[Result], ran_id: str, version_id: str
) -> tuple[Verdict, list[Result]]:
    """The verdict when `ran_id` answered; the result for the version comes first."""
    ran = ran_id == version_id
    whole = [Result("version", version_id, ran, ran_id or "none"), *results]
    if not ran:
        return Verdict.BROKEN, whole
    passed = all(result.passed for result in results)
    return Verdict.PASSED if passed else Verdict.FAILED, whole


def with_stable(results: Sequence[Result], stable: Sequence[Result]) -> list[Result]:
    """The results with what stable has in each place that failed."""
    return [
        result
        if result.passed or result.stable or result.kind == "no_skew"
        else replace(result, stable=_actual(other))
        for result, other in zip(results, stable, strict=True)
    ]


def _actual(result: Result) -> str:
    return result.actual or (result.expected if result.passed else "nothing")


def _against_stable(assertion: SameAsStable, compared: Compared | None) -> Result:
    allowed = assertion.same_as_stable
    parts = "status, headers and body" if allowed.headers else "status and body"
    paths = f", except {', '.join(allowed.except_paths)}" if allowed.except_paths else ""
    expected = f"{parts} as stable{paths}"
    if compared is None:
        return Result("same_as_stable", expected, True, "not compared: no other version is live")
    try:
        different = differences(compared.first, compared.second, compared.candidate, allowed)
    except _CANNOT_JUDGE as error:
        return Result("same_as_stable", expected, False, _short(f"cannot be judged: {error}"))
    return Result(
        "same_as_stable",
        expected,
        not different,
        _short("; ".join(f"{d.place}: {d.candidate}" for d in different)),
        _short("; ".join(f"{d.place}: {d.stable}" for d in different)),
        tuple(different),
    )


def _without_skew(skew: Skew | None) -> Result:
    expected = "both versions serve the files of both pages"
    if skew is None:
        return Result("no_skew", expected, True, "not compared: no other version is live")
    if skew.not_html:
        return Result("no_skew", expected, False, f"{skew.not_html[:8]} did not answer with HTML")
    if not skew.missing:
        return Result("no_skew", expected, True, f"{skew.asked} files")
    listed = "; ".join(
        f"{file.asked[:8]} lacks {file.target} of {file.page_of[:8]} ({file.why})"
        for file in skew.missing
    )
    actual = f"{len(skew.missing)} of {skew.asked} files missing: {listed}"
    return Result("no_skew", expected, False, actual[:_LISTED])


@singledispatch
def _result(assertion: Any, received: Received) -> Result:
    raise TypeError(f"no rule for {type(assertion).__name__}")


@_result.register
def _(assertion: StatusIs, received: Received) -> Result:
    expected, actual = assertion.status, received.status
    return Result("status", str(expected), actual == expected, str(actual))


@_result.register
def _(assertion: TextContains, received: Received) -> Result:
    present = assertion.text in received.text
    return Result("text", assertion.text, present, "" if present else _short(received.text))


@_result.register
def _(assertion: TextLacks, received: Received) -> Result:
    present = assertion.no_text in received.text
    return Result("no_text", assertion.no_text, not present, assertion.no_text if present else "")


@_result.register
def _(assertion: HeaderIs, received: Received) -> Result:
    name = assertion.header.lower()
    values = [value for header, value in received.headers if header.lower() == name]
    actual = ", ".join(values)
    if assertion.equals is not None:
        return Result("header", f"{name}: {assertion.equals}", actual == assertion.equals, actual)
    if assertion.contains is not None:
        present = assertion.contains.lower() in actual.lower()
        return Result("header", f"{name} contains {assertion.contains}", present, actual)
    return Result("header", name, bool(values), actual)


@_result.register
def _(assertion: JsonAt, received: Received) -> Result:
    expected = assertion.json_path
    if assertion.compares:
        expected = f"{expected} = {_as_json(assertion.equals)}"
    elif assertion.as_text is not None:
        expected = f"{expected} reads {assertion.as_text}"
    return _with_json("json", expected, received, lambda document: _at(assertion, document))


@_result.register
def _(assertion: SchemaMatches, received: Received) -> Result:
    def problem(document: Any) -> tuple[bool, str]:
        try:
            first = first_problem(assertion.schema_, document)
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
    values = values_at(assertion.json_path, document)
    if not values:
        return False, "nothing is there"
    if assertion.as_text is not None:
        text = values[0] if isinstance(values[0], str) else _as_json(values[0])
        return text == assertion.as_text, text
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
