"""Numbers beside entries of the menu. Rooms above register their own count."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

Count = Callable[[HttpRequest], int]
_counts: dict[str, list[Count]] = {}


def register(route: str, count: Count) -> None:
    """`count` runs once per full page and is added to others of the route; keep it to one query."""
    _counts.setdefault(route, []).append(count)


def count_of(route: str, request: HttpRequest) -> int:
    """0 hides the badge."""
    return sum(count(request) for count in _counts.get(route, ()))
