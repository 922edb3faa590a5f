"""The one door for text from people: what no database stores is refused before a view sees it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.ui.http.storable_text import any_unstorable

View = TypeVar("View", bound=Callable[..., HttpResponse])


def refuse_unstorable(request: HttpRequest, view: Any) -> HttpResponse | None:
    """A 400 page when the address or the form of a page holds a NUL; None when all is well.

    The API and the edges' endpoints, which have no forms, look at their addresses and bodies
    themselves, and answer in their own shape.
    """
    if getattr(view, "csrf_exempt", False):
        return None
    free: frozenset[str] = getattr(view, "any_text_in", frozenset())
    if unstorable_address(request) or (
        request.method == "POST" and _unstorable_form(request, free)
    ):
        return render(request, "unstorable.html", status=400)
    return None


def any_text_in(*fields: str) -> Callable[[View], View]:
    """Marks a view that sends what is typed in these fields as is, and repairs what it stores."""

    def mark(view: View) -> View:
        view.any_text_in = frozenset(fields)  # type: ignore[attr-defined]
        return view

    return mark


def unstorable_address(request: HttpRequest) -> bool:
    """Whether path or query string hold a NUL; other bytes were made text already."""
    return "\0" in request.path or unstorable_query(request)


def unstorable_query(request: HttpRequest) -> bool:
    return "%00" in request.META.get("QUERY_STRING", "")


def _unstorable_form(request: HttpRequest, free: frozenset[str]) -> bool:
    fields = (field for field in request.POST.lists() if field[0] not in free)
    return any(any_unstorable(chain([key], values)) for key, values in fields)
