"""What a database's page shows: four requests to the state process, and a constant number of
queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.d1 import messages
from dashboard.storage.d1.browse import ROWS, Grid, Table, grid, rows, tables
from dashboard.storage.d1.databases import Size, size_of
from dashboard.storage.d1.query import KIND, QueryFailed, ResultSet
from routing.models import StateNamespace, workers_using

MOST_RESULT_ROWS = 200


@dataclass(frozen=True, slots=True)
class Browser:
    """The tables, and rows of the chosen one (`grid` is None without one, or for viewers)."""

    tables: tuple[Table, ...] = ()
    table: str = ""
    page: int = 1
    grid: Grid | None = None

    @property
    def first_row(self) -> int:
        return (self.page - 1) * ROWS + 1

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.grid.rows if self.grid else ()) - 1

    @property
    def previous_page(self) -> str:
        """Its query string."""
        return self._query(self.page - 1)

    @property
    def next_page(self) -> str:
        return self._query(self.page + 1)

    def _query(self, page: int) -> str:
        return urlencode({"table": self.table, "page": page})


@dataclass(frozen=True, slots=True)
class Result:
    """Of one statement: rows, or how many it changed."""

    label: str
    grid: Grid | None
    changes: int
    rows_read: int


@dataclass(frozen=True, slots=True)
class QueryForm:
    """`would_change` is set when the statements wait for a confirmation: how many rows."""

    sql: str = ""
    error: str = ""
    results: tuple[Result, ...] = ()
    would_change: int | None = None


@dataclass(frozen=True, slots=True)
class DatabasePage:
    """`problem` is why the data cannot be shown, or empty."""

    database: StateNamespace
    size: Size | None
    browser: Browser
    workers: Sequence[str]
    can: Permission
    can_delete: bool
    query: QueryForm = field(default_factory=QueryForm)
    problem: str = ""


def database_page(
    database: StateNamespace, user: User, *, table: str = "", page: int = 1
) -> DatabasePage:
    can = permission(user, Role.OPERATOR)
    shown = DatabasePage(
        database=database,
        size=size_of(database),
        browser=Browser(),
        workers=workers_using(KIND, database.key),
        can=can,
        can_delete=user.may(Role.ADMIN),
    )
    try:
        return replace(shown, browser=_browser(database, table, page, may_read=can.allowed))
    except QueryFailed as error:
        return replace(shown, problem=str(error))
    except (StateRefused, StateUnavailable):
        return replace(shown, problem=messages.UNAVAILABLE)


def results(sets: Sequence[ResultSet]) -> tuple[Result, ...]:
    return tuple(
        Result(
            messages.result(number),
            grid(each, MOST_RESULT_ROWS) if each.columns else None,
            each.meta["changes"],
            each.meta["rows_read"],
        )
        for number, each in enumerate(sets, 1)
    )


def _browser(database: StateNamespace, table: str, page: int, *, may_read: bool) -> Browser:
    listed = tuple(tables(database.key))
    names = [each.name for each in listed]
    chosen = table if table in names else next(iter(names), "")
    shown = rows(database.key, chosen, page) if may_read and chosen else None
    return Browser(listed, chosen, page, shown)
