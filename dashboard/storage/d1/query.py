"""Statements in a database, in one transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.storage.client import state_client

KIND = "d1"
Value = str | int | float | None | list[int]


class QueryFailed(ValueError):
    """SQLite's message. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    params: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultSet:
    """`meta` as Cloudflare answers it: changes, rows_read, duration in milliseconds, ..."""

    columns: tuple[str, ...]
    rows: list[list[Value]]
    meta: dict[str, Any]
    is_shortened: bool = False

    def objects(self) -> list[dict[str, Value]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class WouldWrite:
    """Statements that were undone because they write; `changes` counts rows."""

    changes: int


def run(database: str, statements: Sequence[Statement]) -> list[ResultSet]:
    """All of `statements`. Raises `QueryFailed` and `StateUnavailable`."""
    begun = time.monotonic()
    answer = post_json(database, "/query?resultsFormat=ROWS_AND_COLUMNS", _listed(statements))
    if not isinstance(answer, list):
        raise QueryFailed(answer["error"])
    # The runtime's clock stands still within a request, so the time is measured here.
    duration = (time.monotonic() - begun) * 1000 / len(answer)
    return [
        ResultSet(
            tuple(each["results"]["columns"]),
            each["results"]["rows"],
            each["meta"] | {"duration": round(duration, 4)},
        )
        for each in answer
    ]


def read(
    database: str, statements: Sequence[Statement], most_rows: int = 1000
) -> list[ResultSet] | WouldWrite:
    """As `run`, for statements that only read: the first `most_rows` of each. Raises `QueryFailed`
    and `StateUnavailable`."""
    given = {"queries": _listed(statements), "most_rows": most_rows}
    answer = post_json(database, "/try", given)
    if "error" in answer:
        raise QueryFailed(answer["error"])
    if refused := answer.get("would_write"):
        return WouldWrite(refused["changes"])
    return [
        ResultSet(tuple(each["columns"]), each["rows"], each["meta"], each["is_shortened"])
        for each in answer["results"]
    ]


def _listed(statements: Sequence[Statement]) -> list[dict[str, Any]]:
    return [{"sql": each.sql, "params": list(each.params)} for each in statements]


def post_json(database: str, path: str, body: Any) -> Any:
    """The answer of the state process, errors included. Raises `StateUnavailable`."""
    content = json.dumps(body).encode()
    return state_client().request(KIND, database, "POST", path, content=content).json()
