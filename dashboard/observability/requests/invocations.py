"""The list of invocations, of one Worker or of all, and the trace of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from dashboard.observability.requests import search as searching
from dashboard.observability.requests.coverage import Coverage, coverage
from dashboard.observability.requests.filter_chips import Filters, filters
from dashboard.observability.requests.invocation_row import InvocationRow, rows_of as with_details
from dashboard.observability.requests.search import Search
from dashboard.observability.requests.trace import Hop, left_out, trace as trace_of
from dashboard.ui.page import page
from routing.models import Invocation, InvocationDetail, Worker

CALLS = 20
_ARRIVES_WITHIN = timedelta(seconds=15)
"""Edges send what a Worker logged after the request; until then the page looks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationsPage:
    """`worker` is empty for every Worker; `more`: where the next page starts."""

    worker: str
    every_worker: bool
    search: Search
    rows: Sequence[InvocationRow]
    more: str
    before: str
    coverage: Coverage
    calls: Sequence[InvocationDetail]
    filters: Filters


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePage:
    """`left_out`: requests that carry this ray without belonging to it. `may_grow`: the Worker's
    output may still arrive."""

    ray: str
    hops: Sequence[Hop]
    first: Invocation
    send_again: str
    inferred: bool
    left_out: int
    may_grow: bool


@require_GET
def of_worker(request: HttpRequest, name: str) -> HttpResponse:
    """One Worker's invocations."""
    return _listed(request, get_object_or_404(Worker, name=name).name)


@require_GET
def of_all(request: HttpRequest) -> HttpResponse:
    """The invocations of every Worker."""
    return _listed(request, "")


@require_GET
def trace(request: HttpRequest, ray: str) -> HttpResponse:
    """All details of one request."""
    hops = trace_of(ray)
    if not hops or hops[0].row is None:
        raise Http404
    first = hops[0].row.invocation
    again = {"worker": first.worker, "version": first.version_id}
    context = TracePage(
        ray=ray,
        hops=hops,
        first=first,
        send_again=f"{reverse('playground:playground')}?{urlencode(again)}",
        inferred=any(hop.relation in ("inferred", "possible") for hop in hops),
        left_out=left_out(ray, hops),
        may_grow=not hops[0].details and timezone.now() - first.started_on < _ARRIVES_WITHIN,
    )
    return page(request, "observability/requests/invocation.html", context, partial="invocation")


def rows_of(search: Search, worker: str, before: str = "") -> tuple[list[InvocationRow], str]:
    """One page of rows with their Workers' log lines, and the start of the next page."""
    rows, more = searching.page_of(search.rows(worker), before)
    rays = {row.ray for row in rows if row.ray}
    details = InvocationDetail.objects.filter(ray__in=rays, rpc_method="")
    return with_details(rows, details.order_by("started_on")[:500]), more


def _listed(request: HttpRequest, worker: str) -> HttpResponse:
    search, before = searching.parse(request.GET), request.GET.get("before", "")
    rows, more = rows_of(search, worker, before)
    covered = coverage(worker)
    context = InvocationsPage(
        worker=worker,
        every_worker=not worker,
        search=search,
        rows=rows,
        more=more,
        before=before,
        coverage=covered,
        calls=[] if before or search.query else _calls(worker),
        filters=filters(search, live=False, counts=covered.by_reason),
    )
    return page(
        request, "observability/requests/invocations.html", context, partial="invocation-list"
    )


def _calls(worker: str) -> list[InvocationDetail]:
    """The newest RPC calls, cron and queue events: no access log has them."""
    mine = {"worker": worker} if worker else {}
    without_request = ~Q(rpc_method="") | Q(trigger__isnull=False)
    calls = InvocationDetail.objects.filter(without_request, **mine)
    return list(calls.select_related("edge").order_by("-started_on")[:CALLS])
