"""Tables and rows of a database, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.storage.d1.query import QueryFailed, ResultSet, Statement, Value, WouldWrite, read

ROWS, MOST_TABLES = 50, 200
MOST_COUNTED = 10_000
"""Rows of a table are counted up to here: a count reads every row."""
LONGEST_CELL = 300
_TABLES = """
SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view')
AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
ORDER BY name LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` is None for a view. With `has_more` the table has more than `rows`."""

    name: str
    rows: int | None
    has_more: bool


@dataclass(frozen=True, slots=True)
class Cell:
    kind: Literal["null", "number", "text", "blob"]
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows to show."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_more: bool


def tables(database: str) -> list[Table]:
    """By name. Raises `QueryFailed` and `StateUnavailable`, as all here."""
    [listed] = _read(database, [Statement(_TABLES, (MOST_TABLES,))])
    names = [str(name) for name, kind in listed.rows if kind == "table"]
    counts = dict(zip(names, _counts(database, names), strict=True))
    return [
        Table(
            str(name),
            None if kind == "view" else min(counts[str(name)], MOST_COUNTED),
            kind == "table" and counts[str(name)] > MOST_COUNTED,
        )
        for name, kind in listed.rows
    ]


def rows(database: str, table: str, page: int) -> Grid:
    """`ROWS` rows of a table, in its own order; pages count from 1."""
    sql = f"SELECT * FROM {quoted(table)} LIMIT ? OFFSET ?"  # noqa: S608 - a quoted name
    statement = Statement(sql, (ROWS + 1, (page - 1) * ROWS))
    [result] = _read(database, [statement])
    return grid(result, ROWS)


def grid(result: ResultSet, most: int) -> Grid:
    """The first `most` rows of a result."""
    shown = tuple(tuple(map(cell, row)) for row in result.rows[:most])
    return Grid(result.columns, shown, result.is_shortened or len(result.rows) > most)


def cell(value: Value) -> Cell:
    if value is None:
        return Cell("null", "NULL")
    if isinstance(value, list):
        return Cell("blob", f"{len(value)} bytes")
    if isinstance(value, str):
        is_long = len(value) > LONGEST_CELL
        return Cell("text", value[:LONGEST_CELL] + "…" if is_long else value)
    return Cell("number", str(value))


def quoted(name: str) -> str:
    """A name of SQL."""
    return '"' + name.replace('"', '""') + '"'


def _counts(database: str, names: Sequence[str]) -> list[int]:
    if not names:
        return []
    counted = "SELECT count(*) FROM (SELECT 1 FROM {} LIMIT ?)"
    most = (MOST_COUNTED + 1,)
    statements = [Statement(counted.format(quoted(name)), most) for name in names]
    return [int(str(result.rows[0][0])) for result in _read(database, statements)]


def _read(database: str, statements: Sequence[Statement]) -> list[ResultSet]:
    answer = read(database, statements)
    if isinstance(answer, WouldWrite):
        raise QueryFailed("This read would write.")
    return answer
