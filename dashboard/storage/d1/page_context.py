"""What a database's page shows: four requests to the state process, and a constant number of
queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from dashboard.accounts.models import User
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.d1 import messages
from dashboard.storage.d1.browse import ROWS, Grid, Table, grid, rows, tables
from dashboard.storage.d1.databases import Size, size_of
from dashboard.storage.d1.query import QueryFailed, ResultSet
from dashboard.storage.messages import state_problem
from dashboard.storage.pages.context import NamespacePage, shared
from routing.models import StateNamespace

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasePage(NamespacePage):
    """`size` is None while the state process does not answer."""

    size: Size | None
    browser: Browser = field(default_factory=Browser)
    query: QueryForm = field(default_factory=QueryForm)


def database_page(
    database: StateNamespace, user: User, *, table: str = "", page: int = 1
) -> DatabasePage:
    shown = DatabasePage(**shared(database, user), size=size_of(database))
    try:
        browser = _browser(database, table, page, may_read=shown.can.allowed)
        return replace(shown, browser=browser)
    except QueryFailed as error:
        return replace(shown, problem=str(error))
    except (StateRefused, StateUnavailable) as error:
        return replace(shown, problem=state_problem(error))


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
