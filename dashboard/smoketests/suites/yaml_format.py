"""Suites as YAML text. What a file cannot do is refused: aliases (bombs), tags, depth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from dashboard.smoketests.suites.document import MOST_CHECKS, Suite

LARGEST = 12 * 1024 * 1024
"""Bytes of a file; one body of a request has its own, smaller limit."""
DEEPEST = 40
LONGEST_NUMBER = 100
_NUMBER = re.compile(r"[-+.0-9][-+.:_0-9a-fA-FxXoO]*")
MOST_VALUES = 1_000_000
"""More than 1,000 checks of 100 assertions have."""


class SuiteError(ValueError):
    """The text is no suite. `problems` are sentences, each with the place that is wrong; `places`
    are the same as (place, message); `field` is the first of these places. The last two are empty
    when the text cannot be read at all."""

    def __init__(self, problems: list[str], places: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems
        self.places = places
        self.field = places[0][0] if places else ""

    def __reduce__(self) -> tuple[type[SuiteError], tuple[Any, ...]]:
        """To be raised again by the parent of a child process."""
        return type(self), (self.problems, self.places)


def read_suite(text: str) -> Suite:
    """The suite in `text`; raises `SuiteError`."""
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise SuiteError([f"The file has more than {LARGEST // 1024 // 1024} MB."])
    try:
        _refuse_bombs(text)
        data = yaml.load(text, Loader=_PlainLoader)  # a SafeLoader that allows less
    except (yaml.YAMLError, ValueError) as error:
        raise SuiteError([f"This is not YAML that can be read: {_where(error)}"]) from error
    if not isinstance(data, dict):
        raise SuiteError(["A suite is a mapping with name and checks."])
    return suite_from_data(data)


def suite_from_data(data: dict[str, Any], *, stored: bool = False) -> Suite:
    """The suite in plain values, as JSON or YAML give them; raises `SuiteError`. For a `stored`
    suite, schemas and JSONPaths are not checked again: that takes most of the time."""
    if isinstance(checks := data.get("checks"), list) and len(checks) > MOST_CHECKS:
        # Before each of them is looked at.
        message = f"{len(checks):,} checks; a suite has at most {MOST_CHECKS}"
        raise SuiteError([f"checks: {message}."], [("checks", message)])
    try:
        return Suite.model_validate(data, context={"stored": stored})
    except ValidationError as error:
        problems = _problems(error.errors())
        sentences = [f"{place}: {message}." for place, message in problems]
        raise SuiteError(sentences, problems) from error


def write_suite(suite: Suite) -> str:
    """YAML that `read_suite` reads as the same suite."""
    data = suite_data(suite)
    return yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100)


def suite_data(suite: Suite) -> dict[str, Any]:
    """Plain values; what was left out stays out."""
    return suite.model_dump(mode="json", by_alias=True, exclude_unset=True)


class _PlainLoader(yaml.CSafeLoader):
    """Plain values only. A date stays the text that it is, so that it can be written again."""

    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _refuse_bombs(text: str) -> None:
    """Raises `ValueError` for aliases, depth or very many values, before any is made."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise _refused("aliases are not read", event)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _refused("too deeply nested", event)
        if isinstance(event, yaml.ScalarEvent) and _is_endless_number(event):
            raise _refused("a number is too long; put it in quotes if it is text", event)
        if number > MOST_VALUES:
            raise _refused(f"more than {MOST_VALUES:,} values", event)


def _is_endless_number(event: yaml.ScalarEvent) -> bool:
    """YAML counts `1:59:59` in sixties: the time to read such a number grows with its square."""
    plain = event.implicit[0] and len(event.value) > LONGEST_NUMBER
    return plain and _NUMBER.fullmatch(event.value) is not None


def _refused(problem: str, event: yaml.Event) -> ValueError:
    mark = event.start_mark
    place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return ValueError(f"{problem}{place}")


def _where(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"{error.problem} (line {mark.line + 1}, column {mark.column + 1})."
    return f"{error}."


def _problems(errors: Sequence[Any]) -> list[tuple[str, str]]:
    """Pydantic's findings as (place, message), never with the value: that may be a secret."""
    nested = {error["loc"] for error in errors if len(error["loc"]) > 1}
    real = [e for e in errors if not (e["type"] == "too_short" and nested)]
    return [(_place(e["loc"]), e["msg"].removeprefix("Value error, ")) for e in real[:20]]


def _place(steps: Sequence[str | int]) -> str:
    """`checks[0].assert[2].status`, without the tag that pydantic adds for an assertion's kind."""
    place, kind_follows = "", False
    for step in steps:
        if isinstance(step, int):
            place += f"[{step}]"
            kind_follows = place.endswith(f"assert[{step}]")
        elif not kind_follows or step == "assert":
            place += f".{step}" if place else step
            kind_follows = False
        else:
            kind_follows = False
    return place or "suite"
