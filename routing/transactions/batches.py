"""Long lists in pieces. SQLite refuses statements with over 1,000 terms of an expression or 32,766
variables, and elsewhere they are slow to plan."""

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
