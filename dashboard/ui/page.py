"""Renders a page, or for htmx one fragment of it. The server names the fragment."""

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
    """The page; for htmx (not boosted) only `partial`, which has the name of the element's id."""
    fragment = partial is not None and wants_fragment(request)
    name = f"{template}#{partial}" if fragment else template
    response = render(request, name, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
    return response


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx wants less than a full page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    # When going back in the history, htmx needs the full page.
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
