"""One view, page or fragment: the server names the partial, the client never chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; for htmx, boosted requests aside, only its `partial`, named as the element's id."""
    fragment = partial is not None and wants_fragment(request)
    name = f"{template}#{partial}" if fragment else template
    response = render(request, name, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
    return response


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked, and for less than a page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    # Going back in the history, htmx asks for what it threw away: the whole page.
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
