"""Pieces of SQL with their parameters and types. Literals are parameters, never text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Type = Literal["String", "Float64", "UInt32", "UInt64", "DateTime"]
Value = str | float | int
LARGEST = 100_000
"""Characters of a query for SQLite: some functions name their argument twice."""
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d")


TOO_COMPLEX = "The query is too complex. Use fewer aliases of aliases and nested functions."


class SqlRefused(ValueError):
    """Not in the part of SQL that is supported, or wrong. The message is for people."""


@dataclass(frozen=True, slots=True)
class Typed:
    """DateTimes are seconds since 1970. `literal` is the value of a literal string."""

    sql: str
    type: Type
    parameters: tuple[Value, ...] = ()
    literal: str | None = None


def composed(type_: Type, pattern: str, *parts: Typed) -> Typed:
    """`pattern` with a `{}` for each of `parts`. Raises `SqlRefused`."""
    sql = pattern.format(*(part.sql for part in parts))
    if len(sql) > LARGEST:
        raise SqlRefused(TOO_COMPLEX)
    return Typed(sql, type_, tuple(value for part in parts for value in part.parameters))


def parameter(value: Value, type_: Type) -> Typed:
    return Typed("?", type_, (value,), value if isinstance(value, str) else None)


def number_type(*parts: Typed) -> Type:
    """Of a calculation with these."""
    return "Float64" if any(part.type == "Float64" for part in parts) else "UInt64"


def as_datetime(part: Typed) -> Typed:
    """A literal string as a DateTime. Raises `SqlRefused`."""
    if part.literal is None:
        return composed("DateTime", "CAST({} AS INTEGER)", part)
    for form in _FORMATS:
        try:
            moment = datetime.strptime(part.literal, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return parameter(int(moment.timestamp()), "DateTime")
    raise SqlRefused(f"{part.literal[:40]!r} is not a time such as '2026-11-30 18:00:00'.")


def aligned(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """For a comparison: a literal string beside a DateTime is one, too."""
    if left.type == "DateTime" and right.literal is not None:
        return left, as_datetime(right)
    if right.type == "DateTime" and left.literal is not None:
        return as_datetime(left), right
    return left, right
