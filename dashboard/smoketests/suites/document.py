"""A suite as it is written in a repository: its checks, their requests and assertions.

    name: Checkout smoke
    checks:
      - name: a quote has a total
        request: {method: POST, path: /api/quote, body: '{"sku": "TEA"}'}
        assert:
          - {status: 200}
          - {header: content-type, contains: json}
          - {json: $.total, equals: 42}

Nothing here does I/O. Whatever is wrong is named by its place: `checks[2].request.path`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

import jsonpath
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

MOST_CHECKS = 1000
MOST_ASSERTIONS = 100
LARGEST_BODY = 1024 * 1024
"""Bytes of a request's body."""


#: Python's expressions backtrack, and a Worker's answer chooses the text they run over.
_MATCHES = re.compile(r"\b(match|search)\s*\(")


def _pattern_in(schema: Any) -> str:
    """The first keyword of a schema that holds a regular expression; empty without one."""
    if isinstance(schema, list):
        return next(filter(None, map(_pattern_in, schema)), "")
    if not isinstance(schema, dict):
        return ""
    if isinstance(schema.get("pattern"), str):  # as a property's name it leads to a schema
        return "pattern"
    if "patternProperties" in schema:
        return "patternProperties"
    return next(filter(None, map(_pattern_in, schema.values())), "")


def _is_stored(info: ValidationInfo) -> bool:
    """Whether the suite was checked before it was saved."""
    return bool(info.context and info.context.get("stored"))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CheckRequest(_Part):
    """What is sent to the version under test. `overrides` names versions of Workers behind it."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    path: str = Field(default="/", max_length=8192)
    headers: dict[str, str] = Field(default_factory=dict, max_length=100)
    body: str = ""
    key: str = Field(default="", max_length=1024)
    overrides: dict[str, str] = Field(default_factory=dict, max_length=20)

    @field_validator("path")
    @classmethod
    def _is_a_target(cls, path: str) -> str:
        if not path.startswith("/") or any(c <= " " or c == "\x7f" for c in path):
            raise ValueError("a path starts with / and has no spaces")
        return path

    @field_validator("headers", mode="before")
    @classmethod
    def _numbers_are_text(cls, headers: Any) -> Any:
        """YAML reads `x-retry: 3` as a number."""
        if not isinstance(headers, dict):
            return headers
        return {n: str(v) if isinstance(v, int | float) else v for n, v in headers.items()}

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not name or not name.isascii() or any(c in name for c in ' :\r\n\t"'):
                raise ValueError(f"{name!r} is not the name of a header")
            if any(c in value for c in "\r\n\0"):
                raise ValueError(f"the value of {name} has a line break")
        return headers

    @field_validator("body")
    @classmethod
    def _fits(cls, body: str) -> str:
        if len(body.encode()) > LARGEST_BODY:
            raise ValueError(f"a body has at most {LARGEST_BODY:,} bytes")
        return body


class StatusIs(_Part):
    """The answer's status."""

    status: int = Field(ge=100, le=599)


class TextContains(_Part):
    """The body contains this text."""

    text: str = Field(min_length=1, max_length=10_000)


class TextLacks(_Part):
    """The body does not contain this text."""

    no_text: str = Field(min_length=1, max_length=10_000)


class HeaderIs(_Part):
    """A header has this value, contains it, or, without either, is there."""

    header: str = Field(min_length=1, max_length=200)
    equals: str | None = None
    contains: str | None = None


def _json_path(path: str, info: ValidationInfo) -> str:
    if _is_stored(info):
        return path
    if _MATCHES.search(path):
        raise ValueError("match() and search() are not allowed: they could run without end")
    try:
        jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        problem = str(error).splitlines()[0]
        raise ValueError(f"{path!r} is not a JSONPath: {problem}") from error
    return path


JsonPath: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=1000), AfterValidator(_json_path)
]
"""RFC 9535, without its regular expressions."""


class JsonAt(_Part):
    """The first value at a JSONPath equals this; without `equals` or `as_text`, one is there.

    `as_text` compares the value as it is written: 42 and "42" both are `42`.
    """

    json_path: JsonPath = Field(alias="json")
    equals: Any = None
    as_text: str | None = Field(default=None, max_length=10_000)

    @model_validator(mode="after")
    def _compares_once(self) -> JsonAt:
        if self.compares and self.as_text is not None:
            raise ValueError("equals and as_text exclude each other")
        return self

    @property
    def compares(self) -> bool:
        """Whether a value was given; null is one."""
        return "equals" in self.model_fields_set


class SchemaMatches(_Part):
    """The body is JSON that matches a JSON Schema (draft 2020-12)."""

    schema_: dict[str, Any] = Field(alias="schema")

    @field_validator("schema_")
    @classmethod
    def _is_one(cls, schema: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if _is_stored(info):
            return schema
        if word := _pattern_in(schema):
            raise ValueError(f"{word} is not allowed: an expression could run without end")
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            raise ValueError(f"this is no JSON Schema: {error.message}") from error
        return schema


class LatencyUnder(_Part):
    """The whole answer came within so many milliseconds."""

    latency_ms: float = Field(gt=0, le=60_000)


class StableDifferences(_Part):
    """What may differ from stable's answer: values at these JSONPaths, and, unless `headers`, its
    header lines."""

    except_paths: tuple[JsonPath, ...] = Field(default=(), alias="except", max_length=100)
    headers: bool = False


class SameAsStable(_Part):
    """Status and body are those of stable, apart from noise: stable answers twice, and where its
    own two answers differ, the candidate may differ in the same manner."""

    same_as_stable: StableDifferences


class SkewLimits(_Part):
    """At most so many files of each page are asked for."""

    most: int = Field(default=50, ge=1, le=200)


class NoSkew(_Part):
    """The answer is an HTML page, and stable serves the files that it names; and the other way
    round for stable's page."""

    no_skew: SkewLimits


_KINDS = (
    *("status", "text", "no_text", "header", "json", "schema", "latency_ms"),
    *("same_as_stable", "no_skew"),
)


def _kind(data: Any) -> str | None:
    if not isinstance(data, dict):
        data = data.model_dump(by_alias=True) if isinstance(data, BaseModel) else {}
    kinds = [kind for kind in _KINDS if kind in data]
    return kinds[0] if len(kinds) == 1 else None


Assertion: TypeAlias = Annotated[
    Annotated[StatusIs, Tag("status")]
    | Annotated[TextContains, Tag("text")]
    | Annotated[TextLacks, Tag("no_text")]
    | Annotated[HeaderIs, Tag("header")]
    | Annotated[JsonAt, Tag("json")]
    | Annotated[SchemaMatches, Tag("schema")]
    | Annotated[LatencyUnder, Tag("latency_ms")]
    | Annotated[SameAsStable, Tag("same_as_stable")]
    | Annotated[NoSkew, Tag("no_skew")],
    Discriminator(
        _kind,
        custom_error_type="assertion",
        custom_error_message=f"an assertion has exactly one of {', '.join(_KINDS)}",
    ),
]


class Check(_Part):
    """A request and what its answer must be. That the candidate ran is always checked.

    Or a `script`: a shell command that passes with exit code 0 within `timeout` seconds. Only
    `manage.py smoke run` runs it.
    """

    name: str = Field(min_length=1, max_length=200)
    request: CheckRequest = Field(default_factory=CheckRequest)
    assertions: tuple[Assertion, ...] = Field(
        default=(), alias="assert", max_length=MOST_ASSERTIONS
    )
    script: str = Field(default="", max_length=10_000)
    timeout: float = Field(default=300, gt=0, le=3600)
    required: bool = True

    @model_validator(mode="after")
    def _is_one_thing(self) -> Check:
        if self.script and {"request", "assertions"} & self.model_fields_set:
            raise ValueError("a script has no request and no assert: its exit code is the result")
        if not self.script and "timeout" in self.model_fields_set:
            raise ValueError("timeout is for a script; a request has latency_ms")
        return self


class Suite(_Part):
    """Named checks of one Worker. Names of checks are unique."""

    name: str = Field(min_length=1, max_length=100)
    checks: tuple[Check, ...] = Field(min_length=1, max_length=MOST_CHECKS)

    @field_validator("checks")
    @classmethod
    def _named_once(cls, checks: Sequence[Check]) -> Sequence[Check]:
        names = [check.name for check in checks]
        for name, count in Counter(names).items():
            if count > 1:
                raise ValueError(f"{count} checks are called {name!r}")
        return checks
