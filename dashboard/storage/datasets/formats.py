"""Results of a query in the formats of Analytics Engine's SQL API. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboard.storage.datasets.sql.typed import Type

CONTENT_TYPES = {
    "JSON": "application/json",
    "JSONEachRow": "application/x-ndjson",
    "TabSeparated": "text/tab-separated-values",
}
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class Result:
    """`rows` have a value for each of `columns`. `has_more`: it ends at the limit of rows."""

    columns: tuple[tuple[str, Type], ...]
    rows: tuple[tuple[Any, ...], ...]
    has_more: bool = False


def written(result: Result, form: str) -> str:
    """In one of `CONTENT_TYPES`."""
    if form == "TabSeparated":
        return "".join("\t".join(map(_tab_value, row)) + "\n" for row in result.rows)
    names = [name for name, _ in result.columns]
    records = [dict(zip(names, row, strict=True)) for row in result.rows]
    if form == "JSONEachRow":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    meta = [{"name": name, "type": type_} for name, type_ in result.columns]
    count = {"rows": len(records), "rows_before_limit_at_least": len(records)}
    return json.dumps({"meta": meta, "data": records, **count}, ensure_ascii=False)


def typed_rows(
    columns: Sequence[tuple[str, Type]], raw: Sequence[Sequence[Any]]
) -> tuple[tuple[Any, ...], ...]:
    """SQLite's values as Cloudflare returns them: 64-bit integers and times are strings."""
    types = [type_ for _, type_ in columns]
    return tuple(
        tuple(_value(value, type_) for value, type_ in zip(row, types, strict=True)) for row in raw
    )


def _value(value: Any, type_: Type) -> Any:
    if value is None:
        return None
    if type_ == "DateTime":
        return _moment(value)
    if type_ == "UInt64":
        is_whole = not isinstance(value, str) and float(value).is_integer()
        return str(int(value)) if is_whole else str(value)
    return value


def _moment(seconds: Any) -> str:
    """A number of a calculation that is no time stays one."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _tab_value(value: Any) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPED)
