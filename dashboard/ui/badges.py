"""Numbers beside entries of the menu. A room above registers how its own is counted."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

Count = Callable[[HttpRequest], int]
_counts: dict[str, Count] = {}


def register(route: str, count: Count) -> None:
    """`count` is asked once for each page with a frame: one query, as a rule."""
    _counts[route] = count


def count_of(route: str, request: HttpRequest) -> int:
    """0 where nothing is to be shown."""
    return _counts[route](request) if route in _counts else 0
