"""Long lists in pages: which page an address asks for, and where its neighbors are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")
U = TypeVar("U")

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`items` of one page, which are `first` to `last` of `total`; addresses are "" where there is
    no such page."""

    items: Sequence[T]
    first: int
    last: int
    total: int
    earlier: str
    later: str

    def holding(self, items: Sequence[U]) -> Page[U]:
        """The same page of what `items` were made from."""
        return Page(items, self.first, self.last, self.total, self.earlier, self.later)

    @property
    def is_all(self) -> bool:
        return len(self.items) == self.total


def page_of(
    items: Sequence[T], number: str, query: dict[str, str] | None = None, size: int = SIZE
) -> Page[T]:
    """The page `number`, from 1; the nearest one where there is none of that number.

    `query` is what else the addresses of the neighbors keep.
    """
    last_page = max(0, (len(items) - 1) // size)
    at = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 7 else 0
    at = min(max(0, at), last_page)
    part = items[at * size : (at + 1) * size]

    def address(page: int) -> str:
        return "?" + urlencode({**(query or {}), "page": page + 1})

    return Page(
        items=part,
        first=at * size + 1 if part else 0,
        last=at * size + len(part),
        total=len(items),
        earlier=address(at - 1) if at else "",
        later=address(at + 1) if at < last_page else "",
    )
