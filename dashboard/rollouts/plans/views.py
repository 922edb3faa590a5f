"""Renames and deletes saved plans."""

from __future__ import annotations

from django.contrib import messages as toasts
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.rollouts.actions.actions import ActionRequest
from dashboard.rollouts.models import SavedPlan
from dashboard.rollouts.plans import messages, saved_plans
from routing.models import Worker


@requires(Role.OPERATOR)
@require_POST
def rename(request: HttpRequest, name: str, plan_id: int) -> HttpResponse:
    """A name that is in use changes nothing."""
    plan = _usable(name, plan_id)
    before = plan.name
    try:
        saved_plans.rename(plan, request.POST.get("name", ""), _by(request))
        toasts.success(request, messages.renamed(before, plan.name))
    except saved_plans.SavedPlanError as error:
        toasts.warning(request, messages.not_renamed(error))
    return redirect("rollouts:worker", name)


@requires(Role.OPERATOR)
@require_POST
def delete(request: HttpRequest, name: str, plan_id: int) -> HttpResponse:
    """With its edits."""
    plan = _usable(name, plan_id)
    saved_plans.delete(plan, _by(request))
    toasts.success(request, messages.deleted(plan.name))
    return redirect("rollouts:worker", name)


def _usable(name: str, plan_id: int) -> SavedPlan:
    worker = get_object_or_404(Worker, name=name)
    mine_or_for_all = Q(worker=worker) | Q(worker=None)
    return get_object_or_404(
        SavedPlan.objects.select_related("worker").filter(mine_or_for_all), pk=plan_id
    )


def _by(request: HttpRequest) -> ActionRequest:
    return ActionRequest(person(request), "dashboard", timezone.now())
