"""Sluice's own API as one object, its OpenAPI document, and its page."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dashboard.api.api import DocumentedAPI
from dashboard.api.docs.reference import by_tag, for_readers
from dashboard.api.http.json_parser import StrictParser
from dashboard.api.sluice import audit, edges, overrides, reviews
from dashboard.api.sluice.errors import handle_errors
from dashboard.api.sluice.rollouts import backtests, plans, rollouts
from dashboard.api.sluice.schemas import Refusal
from dashboard.api.sluice.smoketests import runs, suites

PREFIX = "/api"

api = DocumentedAPI(
    prefix=PREFIX,
    refusal=Refusal,
    title="Sluice: suites, runs, rollouts, reviews and overrides",
    version="1",
    description="What the pages and `manage.py` do, as plain JSON.",
    urls_namespace="sluice_api",
    docs_url=None,
    openapi_url=None,
    parser=StrictParser(),
)
for module in (suites, runs, plans, backtests, rollouts, reviews, overrides, audit, edges):
    api.add_router("", module.router)
handle_errors(api)


@for_readers
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return JsonResponse(api.get_openapi_schema())


@for_readers
def reference(request: HttpRequest) -> HttpResponse:
    """The same as a page."""
    return render(request, "api/sluice.html", {"tags": _tags()})


@functools.cache
def _tags() -> dict[str, Any]:
    """Computed once: it takes 60 ms."""
    return dict(by_tag(api.get_openapi_schema()))
