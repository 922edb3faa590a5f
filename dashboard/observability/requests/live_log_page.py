"""A Worker's live log. Without scripts it is the newest rows, refreshed by hand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from dashboard.observability.requests import search as searching
from dashboard.observability.requests.filter_chips import filters
from dashboard.observability.requests.invocations import rows_of
from dashboard.ui.page import page
from routing.models import Worker


@require_GET
def log(request: HttpRequest, name: str) -> HttpResponse:
    """The page; rows then come over the socket (`log_socket`)."""
    worker = get_object_or_404(Worker, name=name)
    search = searching.parse(request.GET)
    rows, _ = rows_of(search, worker.name)
    context = {
        "worker": worker.name,
        "search": search,
        "rows": rows,
        "filters": filters(search, live=True),
    }
    return page(request, "observability/requests/log.html", context, partial="log-rows")
