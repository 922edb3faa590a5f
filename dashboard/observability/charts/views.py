"""The charts of one Worker, and all Workers at a glance."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person, requires
from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.observability.charts.all_workers import fleet
from dashboard.observability.flags.flags import acknowledge
from dashboard.observability.queries import overview
from dashboard.observability.queries.board import board, gaps, parse
from dashboard.observability.queries.observation import observe
from dashboard.observability.queries.time_ranges import DEFAULT, window_of
from dashboard.ui.page import page
from routing.models import Deployment, Worker


@require_GET
def of_worker(request: HttpRequest, name: str) -> HttpResponse:
    """`?range=15m…30d`, `v=<version id>` repeatedly, `q=p50|p95|p99`."""
    worker = get_object_or_404(Worker, name=name)
    now = timezone.now()
    deployment = (
        Deployment.objects.select_related("worker", "author")
        .filter(worker=worker)
        .newest_first()
        .first()
    )
    standings = roles_of_deployment(deployment) if deployment else []
    asked = parse(request.GET, request.GET.getlist("v"))
    context = {
        "worker": worker,
        "row": {"worker": worker, "deployment": deployment, "standings": standings},
        "seen": observe(deployment, standings, now),
        "may_acknowledge": permission(request.user, Role.OPERATOR),
        **board(worker, standings, asked, now),
    }
    return page(request, "observability/charts/worker.html", context, partial="observed")


@requires(Role.OPERATOR)
@require_POST
def acknowledge_errors(request: HttpRequest, name: str, version_id: UUID) -> HttpResponse:
    """A person has seen that this version's requests fail: its flag goes."""
    worker = get_object_or_404(Worker, name=name)
    if acknowledge(worker.name, str(version_id), person(request), timezone.now()):
        text = "Acknowledged. This version is not flagged again while this deployment is live."
        messages.success(request, text)
    else:
        messages.info(request, "This version has no open flag.")
    return redirect("observability:worker", worker.name)


@require_GET
def of_all(request: HttpRequest) -> HttpResponse:
    """Every Worker's last five minutes; `?page=2` for those beyond the first 25."""
    now = timezone.now()
    number = request.GET.get("page", "")
    found = overview.rows(now, number)
    context = {
        "rows": found.items,
        "pages": None if found.is_all else found,
        "page_number": number if number.isdecimal() else "",
        "readings": overview.readings(),
        "strays": overview.strays(now),
        "fleet": fleet(now),
        "gaps": gaps(window_of(DEFAULT, now)),
    }
    return page(request, "observability/charts/overview.html", context, partial="observed")
