"""The list of Workers: search, filters, order and pages, all from the address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from dashboard.observability.queries.before_deployment import Active, compared
from dashboard.observability.queries.sparkline import sparks
from dashboard.workers.list import rows as listed
from dashboard.workers.list.rows import ListRow
from routing.control import revision
from routing.models import Deployment

SIZE = 50
"""Workers on one page."""
LONGEST = 100
"""Characters of a search: more than a name or an id has."""

#: Filters: kind of state, words.
FILTERS = [
    ("unhealthy", "Needs attention"),
    ("ramping", "Ramping"),
    ("staged", "Staged"),
    ("rolled-back", "Rolled back"),
    ("stable", "Stable"),
    ("never", "Never deployed"),
]

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


def list_page(asked: QueryDict) -> dict[str, Any]:
    """What the list shows for this query string."""
    search, kind = asked.get("q", "").strip()[:LONGEST], asked.get("state", "")
    order = asked.get("sort", "")
    order = order if order.removeprefix("-") in ORDERS and order != "-" else ""
    found = listed.list_rows(search)
    counts = Counter(kind for row in found for kind in row.kinds)
    shown = _sorted([r for r in found if not kind or kind in r.kinds], order)
    at = _page(asked.get("page", ""), len(shown))
    query = {"q": search, "state": kind, "sort": order}
    return {
        "rows": complete(shown[at * SIZE : (at + 1) * SIZE]),
        "per_minute": sum(row.per_minute for row in found),
        "all": len(found),
        "found": len(shown),
        "filters": [
            (_address(query | {"state": k}), words, counts[k], k == kind) for k, words in FILTERS
        ],
        "everything": _address(query | {"state": ""}),
        "orders": [
            (key, words, key == order.removeprefix("-")) for key, (words, _) in ORDERS.items()
        ],
        "sorts": {
            key or "attention": _address(
                query | {"sort": f"-{key}" if key == order and key else key}
            )
            for key in ORDERS
        },
        "pages": _pages(query, at, len(shown)),
        "q": search,
        "kind": kind,
        "sort": order,
    }


def complete(rows: list[ListRow]) -> list[ListRow]:
    """Adds to one page of rows: who deployed, sparkline, error rate before a roll back."""
    backs = [
        Active(row.name, made.id, made.created_on)
        for row in rows
        if (made := row.deployed) and made.is_rollback
    ]
    traffic = {row.name: row.recent for row in rows if row.recent}
    lines, found = sparks(), compared(traffic, backs)
    for row in listed.with_authors(rows):
        row.spark, row.recent = lines.get(row.name), found.get(row.name)
    return rows


def rolled_back() -> tuple[Active, ...]:
    """Of all Workers, the active deployments that are roll backs."""
    return _rolled_back(revision.current())


@lru_cache(maxsize=1)
def _rolled_back(at_revision: int) -> tuple[Active, ...]:
    """Pushes ask twice a second, and every deployment raises the revision."""
    found = Deployment.objects.active().filter(is_rollback=True)
    return tuple(Active(*row) for row in found.values_list("worker__name", "pk", "created_on"))


def _sorted(rows: list[ListRow], order: str) -> list[ListRow]:
    key = ORDERS[order.removeprefix("-")][1]
    return sorted(rows, key=key, reverse=order.startswith("-"))


def _page(text: str, found: int) -> int:
    number = int(text) if text.isdecimal() and len(text) < 6 else 1
    return max(0, min(number - 1, (found - 1) // SIZE))


def _pages(query: dict[str, str], at: int, found: int) -> dict[str, Any] | None:
    """Where the neighbours are, when one page does not hold all."""
    if found <= SIZE:
        return None
    return {
        "first": at * SIZE + 1,
        "last": min(found, (at + 1) * SIZE),
        "found": found,
        "earlier": _address(query | {"page": str(at)}) if at else "",
        "later": _address(query | {"page": str(at + 2)}) if (at + 1) * SIZE < found else "",
    }


def _address(query: dict[str, str]) -> str:
    return "?" + urlencode({k: v for k, v in query.items() if v})
