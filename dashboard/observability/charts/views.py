"""The charts of one Worker, and all Workers at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, requires
from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.fleet.version_roles import Standing
from dashboard.observability import messages
from dashboard.observability.charts.all_workers import Fleet, fleet
from dashboard.observability.flags.flags import acknowledge
from dashboard.observability.models import Gap, Reading
from dashboard.observability.queries import overview
from dashboard.observability.queries.board import board, gaps, parse
from dashboard.observability.queries.observation import Observation, observe
from dashboard.observability.queries.time_ranges import DEFAULT, window_of
from dashboard.ui.page import as_context, page
from dashboard.ui.paging import Page
from routing.models import Deployment, Worker


@dataclass(frozen=True, slots=True)
class LiveSplit:
    """What the page's head shows as live."""

    worker: Worker
    deployment: Deployment | None
    standings: Sequence[Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCharts:
    """The rest of a Worker's charts page, beside `Board`."""

    worker: Worker
    row: LiveSplit
    seen: Observation
    may_acknowledge: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """All Workers at a glance. `strays` reached no Worker."""

    rows: Sequence[overview.WorkerFigures]
    pages: Page[overview.WorkerFigures] | None
    page_number: str
    readings: Sequence[Reading]
    strays: int
    fleet: Fleet
    gaps: Sequence[Gap]


@require_GET
def of_worker(request: HttpRequest, name: str) -> HttpResponse:
    """`?range=15m…30d`, `v=<version id>` repeatedly, `q=p50|p95|p99`."""
    worker = get_object_or_404(Worker, name=name)
    now = timezone.now()
    made = Deployment.objects.select_related("worker", "author").filter(worker=worker)
    deployment = made.newest_first().first()
    standings = roles_of_deployment(deployment) if deployment else []
    shown = WorkerCharts(
        worker=worker,
        row=LiveSplit(worker, deployment, standings),
        seen=observe(deployment, standings, now),
        may_acknowledge=permission(request.user, Role.OPERATOR),
    )
    choices = parse(request.GET, request.GET.getlist("v"))
    context = as_context(shown, board(worker, standings, choices, now))
    return page(request, "observability/charts/worker.html", context, partial="observed")


@requires(Role.OPERATOR)
@require_POST
def acknowledge_errors(request: HttpRequest, name: str, version_id: UUID) -> HttpResponse:
    """A person has seen that this version's requests fail: its flag goes."""
    worker = get_object_or_404(Worker, name=name)
    if acknowledge(worker.name, str(version_id), person(request), timezone.now()):
        toasts.success(request, messages.ACKNOWLEDGED)
    else:
        toasts.info(request, messages.NO_OPEN_FLAG)
    return redirect("observability:worker", worker.name)


@require_GET
def of_all(request: HttpRequest) -> HttpResponse:
    """Every Worker's last five minutes; `?page=2` for those beyond the first 25."""
    now = timezone.now()
    number = request.GET.get("page", "")
    listed = overview.rows(now, number)
    context = OverviewPage(
        rows=listed.items,
        pages=None if listed.is_all else listed,
        page_number=number if number.isdecimal() else "",
        readings=overview.readings(),
        strays=overview.strays(now),
        fleet=fleet(now),
        gaps=gaps(window_of(DEFAULT, now)),
    )
    return page(request, "observability/charts/overview.html", context, partial="observed")
