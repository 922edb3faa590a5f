"""Functions by name, in lower case: from their arguments to SQLite's SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.storage.datasets.sql.typed import (
    SqlRefused,
    Type,
    Typed,
    as_datetime,
    composed,
    number_type,
)

SECONDS: Mapping[str, int] = {
    "SECOND": 1,
    "MINUTE": 60,
    "HOUR": 3600,
    "DAY": 86_400,
    "WEEK": 604_800,
}
"""Of a unit of an interval."""
_MONDAY = 345_600
"""Seconds from the Thursday of the epoch to a Monday."""
_STARTS: Mapping[str, int] = {
    "tostartofminute": 60,
    "tostartoffiveminutes": 300,
    "tostartoftenminutes": 600,
    "tostartoffifteenminutes": 900,
    "tostartofhour": 3600,
    "tostartofday": 86_400,
}


@dataclass(frozen=True, slots=True)
class Function:
    """`counts` are the allowed numbers of arguments."""

    counts: tuple[int, ...]
    compose: Callable[..., Typed]


def _of(pattern: str, type_: Type, count: int = 1) -> Function:
    return Function((count,), lambda *given: composed(type_, pattern, *given))


def start_of(moment: Typed, seconds: int) -> Typed:
    """Rounded down to a multiple; weeks begin on Mondays."""
    shift = _MONDAY if seconds == SECONDS["WEEK"] else 0
    pattern = f"({{0}} - ({{1}} - {shift}) % {int(seconds)})"
    return composed("DateTime", pattern, moment, moment)


def _sum(value: Typed) -> Typed:
    if number_type(value) == "Float64":
        return composed("Float64", "total({})", value)
    return composed("UInt64", "coalesce(sum({}), 0)", value)


def _sum_if(value: Typed, condition: Typed) -> Typed:
    return _sum(composed(value.type, "iif({}, {}, 0)", condition, value))


def _same(pattern: str) -> Function:
    """Its result has the type of its argument."""
    return Function((1,), lambda given: composed(given.type, pattern, given))


def _choice(condition: Typed, yes: Typed, no: Typed) -> Typed:
    type_ = yes.type if yes.type == no.type else number_type(yes, no)
    return composed(type_, "iif({}, {}, {})", condition, yes, no)


def _substring(text: Typed, start: Typed, *length: Typed) -> Typed:
    pattern = "substr({}, {}, {})" if length else "substr({}, {})"
    return composed("String", pattern, text, start, *length)


def _round(value: Typed, *decimals: Typed) -> Typed:
    return composed("Float64", "round({}, {})" if decimals else "round({})", value, *decimals)


def _concat(*parts: Typed) -> Typed:
    return composed("String", "(" + " || ".join(["{}"] * len(parts)) + ")", *parts)


FUNCTIONS: Mapping[str, Function] = {
    "count": Function((0, 1), lambda *given: composed("UInt64", "count(*)")),
    "uniq": _of("count(DISTINCT {})", "UInt64"),
    "countif": _of("count(iif({}, 1, NULL))", "UInt64"),
    "sum": Function((1,), _sum),
    "sumif": Function((2,), lambda value, condition: _sum_if(value, condition)),
    "avg": _of("avg({})", "Float64"),
    "avgif": Function(
        (2,), lambda value, given: composed("Float64", "avg(iif({}, {}, NULL))", given, value)
    ),
    "min": _same("min({})"),
    "max": _same("max({})"),
    "if": Function((3,), _choice),
    "intdiv": _of("CAST({} / {} AS INTEGER)", "UInt64", 2),
    "touint8": _of("CAST({} AS INTEGER)", "UInt32"),
    "touint32": _of("CAST({} AS INTEGER)", "UInt32"),
    "tounixtimestamp": _of("CAST({} AS INTEGER)", "UInt32"),
    "todatetime": Function((1,), as_datetime),
    "abs": _same("abs({})"),
    "round": Function((1, 2), _round),
    "floor": _of("floor({})", "Float64"),
    "ceil": _of("ceil({})", "Float64"),
    "length": _of("length({})", "UInt64"),
    "lower": _of("lower({})", "String"),
    "upper": _of("upper({})", "String"),
    "empty": _of("({} = '')", "UInt32"),
    "notempty": _of("({} != '')", "UInt32"),
    "substring": Function((2, 3), _substring),
    "concat": Function(tuple(range(2, 11)), _concat),
    **{
        name: Function((1,), lambda moment, seconds=seconds: start_of(moment, seconds))
        for name, seconds in _STARTS.items()
    },
}
NAMES = (*sorted([*FUNCTIONS, "now", "tostartofinterval"]),)


def call(name: str, given: Sequence[Typed]) -> Typed:
    """Raises `SqlRefused`."""
    function = FUNCTIONS.get(name.lower())
    if function is None:
        raise SqlRefused(f"The function {name[:40]} is not supported here.")
    if len(given) not in function.counts:
        expected = " or ".join(map(str, function.counts))
        raise SqlRefused(f"{name} takes {expected} arguments, not {len(given)}.")
    return function.compose(*given)
