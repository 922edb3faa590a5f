"""One SELECT of one dataset as SQL for SQLite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dashboard.storage.datasets.sql.expressions import COLUMNS, Expressions
from dashboard.storage.datasets.sql.typed import SqlRefused, Type, Typed, Value

LONGEST = 10_000
"""Characters of a query."""
MOST_ROWS = 10_000
FORMATS = ("JSON", "JSONEachRow", "TabSeparated")
_CLAUSES = {
    *("expressions", "from_", "where", "group", "having", "order", "limit", "offset"),
    *("format", "distinct", "kind"),
}
_SHOW_TABLES = re.compile(r"show\s+tables(\s+format\s+(\w+))?\s*;?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """`columns` are the names and types of the result's."""

    dataset: str
    sql: str
    parameters: tuple[Value, ...]
    columns: tuple[tuple[str, Type], ...]
    format: str


@dataclass(frozen=True, slots=True)
class ShowTables:
    format: str


def translate(text: str, now: int) -> Query | ShowTables:
    """`now` in seconds. Raises `SqlRefused`."""
    text = text.strip()
    if len(text) > LONGEST:
        raise SqlRefused(f"A query has at most {LONGEST:,} characters.")
    if show := _SHOW_TABLES.fullmatch(text):
        return ShowTables(_format(show[2]))
    try:
        return _query(_parse(text), now)
    except RecursionError:
        raise SqlRefused("The query is nested too deeply.") from None


def _query(select: exp.Select, now: int) -> Query:
    others = [name for name, value in select.args.items() if value and name not in _CLAUSES]
    if others:
        raise SqlRefused(f"Not supported here: {others[0].rstrip('_').upper()}.")
    dataset = _dataset(select)
    expressions = Expressions(dataset, now)
    expressions.aliases = {
        node.alias: node.this for node in select.expressions if isinstance(node, exp.Alias)
    }
    columns = [(name, expressions.of(node)) for name, node in _columns(select)]
    clauses = [_joined("SELECT DISTINCT " if _is_distinct(select) else "SELECT ", columns)]
    clauses.append(Typed("FROM points", "String"))
    clauses += _filters(select, expressions)
    clauses += _order(select, expressions)
    return Query(
        dataset=dataset,
        sql=" ".join(clause.sql for clause in clauses),
        parameters=tuple(value for clause in clauses for value in clause.parameters),
        columns=tuple((name, column.type) for name, column in columns),
        format=_format(select.args["format"].name if select.args.get("format") else None),
    )


def _parse(text: str) -> exp.Select:
    try:
        parsed = [each for each in sqlglot.parse(text, read="clickhouse") if each is not None]
    except SqlglotError as error:
        raise SqlRefused(f"This is not SQL: {str(error).splitlines()[0][:200]}") from None
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Select):
        raise SqlRefused("Write one SELECT, or SHOW TABLES.")
    return parsed[0]


def _dataset(select: exp.Select) -> str:
    source = select.args.get("from_")
    table = source.this if source is not None else None
    if not isinstance(table, exp.Table) or table.db or table.alias or table.args.get("joins"):
        raise SqlRefused("FROM names one dataset, without an alias.")
    return table.name


def _columns(select: exp.Select) -> list[tuple[str, Any]]:
    columns: list[tuple[str, Any]] = []
    for node in select.expressions:
        if isinstance(node, exp.Star):
            columns += [(name, exp.column(name)) for name in COLUMNS]
        else:
            name = node.alias_or_name or node.sql(dialect="clickhouse")
            columns.append((name, node.this if isinstance(node, exp.Alias) else node))
    return columns


def _is_distinct(select: exp.Select) -> bool:
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise SqlRefused("Not supported here: DISTINCT ON.")
    return distinct is not None


def _joined(head: str, columns: Sequence[tuple[str, Typed]]) -> Typed:
    sql = head + ", ".join(column.sql for _, column in columns)
    return Typed(sql, "String", tuple(v for _, column in columns for v in column.parameters))


def _filters(select: exp.Select, expressions: Expressions) -> list[Typed]:
    clauses = []
    if where := select.args.get("where"):
        clauses.append(_headed("WHERE ", expressions.of(where.this)))
    if group := select.args.get("group"):
        if any(value for name, value in group.args.items() if name != "expressions"):
            raise SqlRefused("GROUP BY takes columns and expressions only.")
        keys = [("", expressions.of(key)) for key in group.expressions]
        clauses.append(_joined("GROUP BY ", keys))
    if having := select.args.get("having"):
        clauses.append(_headed("HAVING ", expressions.of(having.this)))
    return clauses


def _order(select: exp.Select, expressions: Expressions) -> list[Typed]:
    clauses = []
    if order := select.args.get("order"):
        keys = []
        for node in order.expressions:
            key = expressions.of(node.this)
            direction = " DESC" if node.args.get("desc") else ""
            keys.append(("", Typed(f"({key.sql}){direction}", key.type, key.parameters)))
        clauses.append(_joined("ORDER BY ", keys))
    limit, offset = _whole(select, "limit", MOST_ROWS), _whole(select, "offset", 0)
    clauses.append(Typed(f"LIMIT {min(limit, MOST_ROWS)} OFFSET {offset}", "String"))
    return clauses


def _headed(head: str, part: Typed) -> Typed:
    return Typed(head + part.sql, part.type, part.parameters)


def _whole(select: exp.Select, clause: str, default: int) -> int:
    node = select.args.get(clause)
    if node is None:
        return default
    if node.expressions:
        raise SqlRefused("Not supported here: LIMIT BY.")
    text = node.expression.name if node.expression is not None else ""
    if not isinstance(node.expression, exp.Literal) or not text.isdigit() or len(text) > 9:
        raise SqlRefused(f"{clause.upper()} takes a number.")
    return int(text)


def _format(name: str | None) -> str:
    if name is None:
        return FORMATS[0]
    for known in FORMATS:
        if known.lower() == name.lower():
            return known
    raise SqlRefused(f"FORMAT is one of {', '.join(FORMATS)}.")
