"""Numbers beside entries of the menu. Rooms above register their own count."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

Count = Callable[[HttpRequest], int]
_counts: dict[str, Count] = {}


def register(route: str, count: Count) -> None:
    """`count` runs once per full page; keep it to one query."""
    _counts[route] = count


def count_of(route: str, request: HttpRequest) -> int:
    """0 hides the badge."""
    return _counts[route](request) if route in _counts else 0
