"""Long lists in pieces: a statement with a variable for each of thousands of rows is refused by
SQLite (more than 1,000 terms of an expression, 32,766 variables) and slow to plan elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

SIZE = 500


def batches(items: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    """`items` in order, in lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
