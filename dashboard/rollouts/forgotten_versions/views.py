"""Removes a forgotten version."""

from __future__ import annotations

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.rollouts.forgotten_versions.queries import forgotten_in_deployment
from dashboard.rollouts.forgotten_versions.removal import remove
from routing.control.deploy import DeployRefused, active_deployment
from routing.models import Worker


@requires(Role.OPERATOR)
@require_POST
def remove_version(request: HttpRequest, name: str) -> HttpResponse:
    """Only if the deployment on the page is still active."""
    worker, now = get_object_or_404(Worker, name=name), timezone.now()
    live = active_deployment(worker)
    forgotten = forgotten_in_deployment(live, roles_of_deployment(live) if live else [], now)
    if forgotten is None or forgotten.deployment_id != request.POST.get("expected", ""):
        toasts.warning(request, f"Nothing was removed: {name} was deployed in the meantime.")
        return redirect("workers:detail", name)
    try:
        remove(forgotten, person(request), "dashboard", now)
    except DeployRefused as error:
        toasts.warning(request, f"Nothing was removed. {error}")
    else:
        number, stable = forgotten.version.number, forgotten.stable.number
        toasts.success(request, f"Removed #{number}. #{stable} has 100%.")
    return redirect("workers:detail", name)
