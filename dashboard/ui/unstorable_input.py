"""The one door for text from people: what no database stores is refused before a view sees it."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.ui.storable_text import any_unstorable


def refuse_unstorable(request: HttpRequest, view: Any) -> HttpResponse | None:
    """A 400 page when the address or the form of a page holds a NUL; None when all is well.

    The API and the edges' endpoints, which have no forms, look at `unstorable_address` and at their
    bodies themselves, and answer in their own shape.
    """
    if getattr(view, "csrf_exempt", False):
        return None
    if unstorable_address(request) or (request.method == "POST" and _unstorable_form(request)):
        return render(request, "unstorable.html", status=400)
    return None


def unstorable_address(request: HttpRequest) -> bool:
    """Whether path or query string hold a NUL; other bytes were made text already."""
    return "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")


def _unstorable_form(request: HttpRequest) -> bool:
    return any(any_unstorable(chain([key], values)) for key, values in request.POST.lists())
