"""Renders a page, or for htmx one fragment of it. The server names the fragment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | DataclassInstance | None = None,
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; for htmx (not boosted) only `partial`, which has the name of the element's id."""
    fragment = partial is not None and wants_fragment(request)
    name = f"{template}#{partial}" if fragment else template
    response = render(request, name, as_context(context), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
    return response


def as_context(*parts: Mapping[str, Any] | DataclassInstance | None) -> dict[str, Any]:
    """Template variables: the items of mappings, and the fields of the dataclasses of a page."""
    variables: dict[str, Any] = {}
    for part in parts:
        if is_dataclass(part):
            variables |= {field.name: getattr(part, field.name) for field in fields(part)}
        else:
            variables |= part or {}
    return variables


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx wants less than a full page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    # When going back in the history, htmx needs the full page.
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
