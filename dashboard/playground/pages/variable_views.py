"""The page of a Worker's variables."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, actor_of, permission, refuse
from dashboard.ui.page import page
from dashboard.variables.models import Variable
from dashboard.variables.store import change, remove
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class VariablesPage:
    worker: Worker
    variables: QuerySet[Variable]
    can: Permission
    problem: str


@sensitive_post_parameters("value")
@require_http_methods(["GET", "POST"])
def variables(request: HttpRequest, worker: str) -> HttpResponse:
    """The variables and the form that sets one; by POST sets or removes it (operators)."""
    row = get_object_or_404(Worker, name=worker)
    can = permission(request.user, Role.OPERATOR)
    problem = ""
    if request.method == "POST":
        if not can:
            return refuse(request, can)
        problem = _changed(request, row)
        if not problem:
            return redirect("playground:variables", worker=row.name)
    context = VariablesPage(row, Variable.objects.filter(worker=row.name), can, problem)
    return page(
        request, "playground/request/variables.html", context, status=422 if problem else 200
    )


def _changed(request: HttpRequest, worker: Worker) -> str:
    by = actor_of(request)
    if removed := request.POST.get("remove"):
        remove(worker.name, removed, by)
        messages.success(request, f"Removed {removed}.")
        return ""
    name = request.POST.get("name", "").strip()
    secret = bool(request.POST.get("secret"))
    problem = change(worker.name, name, request.POST.get("value", ""), by, secret=secret)
    if not problem:
        messages.success(request, f"Set {name} for {worker.name}.")
    return problem
