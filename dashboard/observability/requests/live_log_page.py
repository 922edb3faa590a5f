"""A Worker's live log. Without scripts it is the newest rows, refreshed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from dashboard.observability.requests import search as searching
from dashboard.observability.requests.filter_chips import Filters, filters
from dashboard.observability.requests.invocation_row import InvocationRow
from dashboard.observability.requests.invocations import rows_of
from dashboard.observability.requests.search import Search
from dashboard.ui.page import page
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class LiveLogPage:
    worker: str
    search: Search
    rows: Sequence[InvocationRow]
    filters: Filters


@require_GET
def log(request: HttpRequest, name: str) -> HttpResponse:
    """The page; rows then come over the socket (`log_socket`)."""
    worker = get_object_or_404(Worker, name=name)
    search = searching.parse(request.GET)
    rows, _ = rows_of(search, worker.name)
    context = LiveLogPage(worker.name, search, rows, filters(search, live=True))
    return page(request, "observability/requests/log.html", context, partial="log-rows")
