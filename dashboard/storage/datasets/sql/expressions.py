"""Expressions of a query, from sqlglot's syntax tree to SQLite's SQL. What is not listed here is
refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlglot import exp

from dashboard.storage.datasets.sql.functions import SECONDS, call, start_of
from dashboard.storage.datasets.sql.typed import (
    TOO_COMPLEX,
    SqlRefused,
    Type,
    Typed,
    aligned,
    composed,
    number_type,
    parameter,
)

DEEPEST = 40
MOST_NODES = 5000
"""Of the syntax tree with each alias in place of its name: aliases of aliases grow fast."""
_COMPARISONS: Mapping[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_ARITHMETIC: Mapping[type[exp.Expression], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Mod: "%",
}
_TYPES: Mapping[str, Type] = {
    "timestamp": "DateTime",
    "index1": "String",
    **{f"blob{n}": "String" for n in range(1, 21)},
    **{f"double{n}": "Float64" for n in range(1, 21)},
}
COLUMNS = ("dataset", "timestamp", "_sample_interval", *list(_TYPES)[1:])
"""In the order of `SELECT *`."""
_NAMED: Mapping[type[exp.Expression], str] = {
    exp.Sum: "sum",
    exp.Avg: "avg",
    exp.Min: "min",
    exp.Max: "max",
    exp.CountIf: "countIf",
    exp.ApproxDistinct: "uniq",
    exp.Abs: "abs",
    exp.Floor: "floor",
    exp.Ceil: "ceil",
    exp.Length: "length",
    exp.Lower: "lower",
    exp.Upper: "upper",
}
"""Functions of one argument that sqlglot knows."""


class Expressions:
    """Of one query at `now`, in seconds. `aliases` are expressions that have a name."""

    def __init__(self, dataset: str, now: int) -> None:
        self._dataset, self._now = dataset, now
        self.aliases: dict[str, exp.Expression] = {}
        self._resolving: list[str] = []
        self._nodes = 0

    def of(self, node: Any) -> Typed:
        """Raises `SqlRefused`."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise SqlRefused(TOO_COMPLEX)
        if len(self._resolving) > DEEPEST:
            raise SqlRefused("An alias refers to itself.")
        for kind, operator in _COMPARISONS.items():
            if isinstance(node, kind):
                pair = aligned(self.of(node.this), self.of(node.expression))
                return composed("UInt32", f"({{}} {operator} {{}})", *pair)
        for kind, operator in _ARITHMETIC.items():
            if isinstance(node, kind):
                return self._calculated(node, operator)
        if name := _NAMED.get(type(node)):
            return call(name, [self.of(node.this)])
        handle = _HANDLERS.get(type(node))
        if handle is None:
            raise SqlRefused(f"Not supported here: {node.sql(dialect='clickhouse')[:80]}")
        return handle(self, node)

    def _calculated(self, node: Any, operator: str) -> Typed:
        if isinstance(node.expression, exp.Interval):
            seconds = parameter(seconds_of(node.expression), "UInt32")
            return composed("DateTime", f"({{}} {operator} {{}})", self.of(node.this), seconds)
        left, right = self.of(node.this), self.of(node.expression)
        return composed(number_type(left, right), f"({{}} {operator} {{}})", left, right)

    def _column(self, node: exp.Column) -> Typed:
        if node.table:
            raise SqlRefused(f"Name the column {node.name} without its dataset.")
        aliased = self.aliases.get(node.name)
        if aliased is not None and node.name not in self._resolving:
            self._resolving.append(node.name)
            try:
                return self.of(aliased)
            finally:
                self._resolving.pop()
        name = node.name.lower()
        if name == "dataset":
            return parameter(self._dataset, "String")
        if name == "_sample_interval":
            return Typed("1", "UInt32")
        if name not in _TYPES:
            raise SqlRefused(f"There is no column {node.name[:40]!r}.")
        return Typed(name, _TYPES[name])

    def _literal(self, node: exp.Literal) -> Typed:
        if node.is_string:
            return parameter(node.this, "String")
        text = str(node.this)
        if text.isdigit() and len(text) < 16:
            return parameter(int(text), "UInt32")
        return parameter(float(text), "Float64")

    def _count(self, node: exp.Count) -> Typed:
        if isinstance(node.this, exp.Distinct):
            if len(node.this.expressions) != 1:
                raise SqlRefused("count(DISTINCT …) takes one argument.")
            return call("uniq", [self.of(node.this.expressions[0])])
        return call("count", [])

    def _anonymous(self, node: Any) -> Typed:
        name, given = str(node.this), node.expressions
        if name.lower() == "now" and not given:
            return parameter(self._now, "DateTime")
        if name.lower() == "tostartofinterval":
            if len(given) != 2 or not isinstance(given[1], exp.Interval):
                raise SqlRefused("toStartOfInterval takes a time and an INTERVAL.")
            return start_of(self.of(given[0]), seconds_of(given[1]))
        return call(name, [self.of(part) for part in given])

    def _truncated(self, node: exp.TimestampTrunc) -> Typed:
        return start_of(self.of(node.this), unit_seconds(node.args["unit"].name))

    def _like(self, node: exp.Like) -> Typed:
        """SQLite's LIKE ignores case, its GLOB does not."""
        pattern = self.of(node.expression)
        if pattern.literal is None:
            raise SqlRefused("LIKE takes a literal pattern.")
        glob = "".join(
            f"[{c}]" if c in "*?[" else {"%": "*", "_": "?"}.get(c, c) for c in pattern.literal
        )
        return composed("UInt32", "({} GLOB {})", self.of(node.this), parameter(glob, "String"))

    def _in(self, node: exp.In) -> Typed:
        if not node.expressions or node.args.get("query"):
            raise SqlRefused("IN takes a list of values.")
        this = self.of(node.this)
        listed = [aligned(this, self.of(item))[1] for item in node.expressions]
        pattern = "({} IN (" + ", ".join(["{}"] * len(listed)) + "))"
        return composed("UInt32", pattern, this, *listed)

    def _between(self, node: exp.Between) -> Typed:
        this = self.of(node.this)
        bounds = [aligned(this, self.of(node.args[end]))[1] for end in ("low", "high")]
        return composed("UInt32", "({} BETWEEN {} AND {})", this, *bounds)

    def _case(self, node: exp.Case) -> Typed:
        if node.this is not None:
            raise SqlRefused("CASE takes WHEN conditions only.")
        default = node.args.get("default")
        parts = [part for branch in node.args["ifs"] for part in (branch.this, branch.args["true"])]
        typed = [self.of(part) for part in parts]
        pattern = "CASE" + " WHEN {} THEN {}" * (len(typed) // 2)
        if default is not None:
            typed.append(self.of(default))
            pattern += " ELSE {}"
        return composed(typed[1].type, pattern + " END", *typed)

    def _arguments(self, node: exp.Expression) -> Iterator[Typed]:
        for field in ("this", "true", "false", "start", "length", "decimals"):
            if node.args.get(field) is not None and not isinstance(node.args[field], bool):
                yield self.of(node.args[field])

    def called(self, name: str, node: exp.Expression) -> Typed:
        return call(name, list(self._arguments(node)))


_HANDLERS: Mapping[type[exp.Expression], Callable[[Expressions, Any], Typed]] = {
    exp.Column: Expressions._column,
    exp.Literal: Expressions._literal,
    exp.Count: Expressions._count,
    exp.Anonymous: Expressions._anonymous,
    exp.CombinedAggFunc: Expressions._anonymous,
    exp.TimestampTrunc: Expressions._truncated,
    exp.Like: Expressions._like,
    exp.In: Expressions._in,
    exp.Between: Expressions._between,
    exp.Case: Expressions._case,
    exp.If: lambda self, node: self.called("if", node),
    exp.Substring: lambda self, node: self.called("substring", node),
    exp.Round: lambda self, node: self.called("round", node),
    exp.Concat: lambda self, node: call("concat", [self.of(e) for e in node.expressions]),
    exp.And: lambda s, n: composed("UInt32", "({} AND {})", s.of(n.this), s.of(n.expression)),
    exp.Or: lambda s, n: composed("UInt32", "({} OR {})", s.of(n.this), s.of(n.expression)),
    exp.Not: lambda self, node: composed("UInt32", "(NOT {})", self.of(node.this)),
    exp.Div: lambda s, n: composed(
        "Float64", "(CAST({} AS REAL) / {})", s.of(n.this), s.of(n.expression)
    ),
    exp.Paren: lambda self, node: self.of(node.this),
    exp.Neg: lambda self, node: composed("Float64", "(- {})", self.of(node.this)),
    exp.Boolean: lambda self, node: parameter(int(node.this), "UInt32"),
}


def seconds_of(interval: exp.Interval) -> int:
    """Raises `SqlRefused`."""
    count = interval.this.name if interval.this is not None else ""
    unit = interval.args.get("unit")
    if not count.isdigit() or len(count) > 9 or unit is None:
        raise SqlRefused("An interval is written as INTERVAL '5' MINUTE.")
    return max(1, int(count)) * unit_seconds(unit.name)


def unit_seconds(unit: str) -> int:
    seconds = SECONDS.get(unit.upper().removesuffix("S"))
    if seconds is None:
        raise SqlRefused(f"The unit {unit[:20]} is not supported: use {', '.join(SECONDS)}.")
    return seconds
