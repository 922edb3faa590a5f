"""The list of Workers: search, filters, order and pages, all from the address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from dashboard.observability.queries.before_deployment import Active, compared
from dashboard.observability.queries.sparkline import sparks
from dashboard.workers.list import rows as listed
from dashboard.workers.list.rows import ListRow
from dashboard.workers.messages import FILTERS
from routing.control import revision
from routing.models import Deployment, Edge

SIZE = 50
"""Workers on one page."""
LONGEST = 100
"""Characters of a search: more than a name or an id has."""

Key = Callable[[ListRow], Any]

#: Orders: word for the control, key. Attention first is the one without a name in the address;
#: a minus before the name turns an order round.
ORDERS: dict[str, tuple[str, Key]] = {
    "": ("Attention first", lambda r: (r.order, r.name)),
    "name": ("Name", lambda r: r.name),
    "deployed": ("Last deployed", lambda r: (-r.deployed_at, r.name)),
    "traffic": ("Most traffic", lambda r: (-r.per_minute, r.name)),
    "errors": ("Highest error rate", lambda r: (-r.error_rate, r.name)),
}


@dataclass(frozen=True, slots=True)
class PageLinks:
    """The rows on this page, of how many, and the addresses of its neighbors ("" for none)."""

    first: int
    last: int
    total: int
    earlier: str
    later: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """The list for one query string. `all` matches the search, `matching` the filter too."""

    rows: list[ListRow]
    per_minute: float
    all: int
    matching: int
    #: (address, words, count, is current).
    filters: list[tuple[str, str, int, bool]]
    everything: str
    #: (key, words, is current).
    orders: list[tuple[str, str, bool]]
    #: Column → the address that sorts by it.
    sorts: dict[str, str]
    #: Column → its `aria-sort`, of the column that sorts.
    sorted_by: dict[str, str]
    pages: PageLinks | None
    q: str
    kind: str
    sort: str
    #: The first visit, before any Worker: an edge that reported.
    first_edge: Edge | None = None


def list_page(given: QueryDict) -> ListPage:
    search, kind = given.get("q", "").strip()[:LONGEST], given.get("state", "")
    order = given.get("sort", "")
    order = order if order.removeprefix("-") in ORDERS and order != "-" else ""
    rows = listed.list_rows(search)
    counts = Counter(kind for row in rows for kind in row.kinds)
    matching = _sorted([r for r in rows if not kind or kind in r.kinds], order)
    at = _page(given.get("page", ""), len(matching))
    query = {"q": search, "state": kind, "sort": order}
    return ListPage(
        rows=complete(matching[at * SIZE : (at + 1) * SIZE]),
        per_minute=sum(row.per_minute for row in rows),
        all=len(rows),
        matching=len(matching),
        filters=[
            (_address(query | {"state": k}), words, counts[k], k == kind)
            for k, words in FILTERS.items()
        ],
        everything=_address(query | {"state": ""}),
        orders=[(key, words, key == order.removeprefix("-")) for key, (words, _) in ORDERS.items()],
        sorts={key or "attention": _address(query | {"sort": _next(key, order)}) for key in ORDERS},
        sorted_by=_sorted_by(order),
        pages=_pages(query, at, len(matching)),
        q=search,
        kind=kind,
        sort=order,
        first_edge=None if rows or search else _first_edge(),
    )


def _first_edge() -> Edge | None:
    return Edge.objects.exclude(last_seen_on=None).order_by("-last_seen_on").first()


def _next(key: str, order: str) -> str:
    """The order after a click on the head of column `key`: a second click reverses it."""
    return f"-{key}" if key == order and key else key


def _sorted_by(order: str) -> dict[str, str]:
    """Names ascend by default, numbers and times descend; attention is an order of its own."""
    key = order.removeprefix("-")
    if not key:
        return {"attention": "other"}
    ascends = (key == "name") != order.startswith("-")
    return {key: "ascending" if ascends else "descending"}


def complete(rows: list[ListRow]) -> list[ListRow]:
    """Adds to one page of rows: who deployed, sparkline, error rate before a roll back."""
    backs = [
        Active(row.name, made.id, made.created_on)
        for row in rows
        if (made := row.deployed) and made.is_rollback
    ]
    traffic = {row.name: row.recent for row in rows if row.recent}
    lines, beside = sparks(), compared(traffic, backs)
    for row in listed.with_authors(rows):
        row.spark, row.recent = lines.get(row.name), beside.get(row.name)
    return rows


def rolled_back() -> tuple[Active, ...]:
    """Of all Workers, the active deployments that are roll backs."""
    return _rolled_back(revision.current())


@lru_cache(maxsize=1)
def _rolled_back(at_revision: int) -> tuple[Active, ...]:
    """Pushes ask twice a second, and every deployment raises the revision."""
    made = Deployment.objects.active().filter(is_rollback=True)
    return tuple(Active(*row) for row in made.values_list("worker__name", "pk", "created_on"))


def _sorted(rows: list[ListRow], order: str) -> list[ListRow]:
    key = ORDERS[order.removeprefix("-")][1]
    return sorted(rows, key=key, reverse=order.startswith("-"))


def _page(text: str, total: int) -> int:
    number = int(text) if text.isdecimal() and len(text) < 6 else 1
    return max(0, min(number - 1, (total - 1) // SIZE))


def _pages(query: dict[str, str], at: int, total: int) -> PageLinks | None:
    """None if one page holds all rows."""
    if total <= SIZE:
        return None
    return PageLinks(
        first=at * SIZE + 1,
        last=min(total, (at + 1) * SIZE),
        total=total,
        earlier=_address(query | {"page": str(at)}) if at else "",
        later=_address(query | {"page": str(at + 2)}) if (at + 1) * SIZE < total else "",
    )


def _address(query: dict[str, str]) -> str:
    return "?" + urlencode({k: v for k, v in query.items() if v})
