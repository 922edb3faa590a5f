"""The start page. Its form works without JavaScript and never loses input."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person
from dashboard.rollouts.actions.actions import ActionRequest
from dashboard.rollouts.actions.start import StartRefused, start
from dashboard.rollouts.decisions.plan import PlanError
from dashboard.rollouts.models import SavedPlanEdit
from dashboard.rollouts.plans import messages, saved_plans
from dashboard.rollouts.plans.form.step_rows import Errors
from dashboard.rollouts.start_page.context import start_page
from dashboard.rollouts.start_page.form import StartForm
from dashboard.ui.page import page
from routing.models import Worker

FIELDS = {"unknown_version": "version", "too_old": "version", "unknown_suite": "suite"}
"""Code of a refusal → its field."""


@require_http_methods(["GET", "POST"])
def of_worker(request: HttpRequest, name: str) -> HttpResponse:
    """The form and the Worker's earlier rollouts. POST handles the buttons."""
    worker = get_object_or_404(Worker, name=name)
    plans = saved_plans.usable(worker)
    data = request.POST if request.method == "POST" else request.GET
    form = StartForm.from_query(data, plans)
    if request.method == "GET":
        if "suite" not in data:
            form = replace(form, suite=worker.suites.values_list("name", flat=True).first() or "")
        return _render(request, worker, form, plans=plans)
    if form.do == "save":
        return _save(request, worker, form)
    if form.do:
        return _render(request, worker, form.changed(), part="start-form", plans=plans)
    return _start(request, worker, form)


def _start(request: HttpRequest, worker: Worker, form: StartForm) -> HttpResponse:
    allowed = permission(request.user, Role.OPERATOR)
    if not allowed:
        return _render(request, worker, form, refused=allowed.why, status=403)
    plan, errors = form.plan.check(form.suite)
    if plan is None:
        return _render(request, worker, form, errors=errors, refused=_summary(errors), status=422)
    try:
        rollout = start(
            worker=worker,
            version_id=form.version,
            plan=plan,
            owner=person(request),
            source="dashboard",
            now=timezone.now(),
            expected=form.expected or None,
            consent=form.consent,
            suite=form.suite,
            saved=form.saved,
        )
    except StartRefused as refused:
        return _refused(request, worker, form, refused)
    except PlanError as error:
        errors = {error.field: str(error)}
        return _render(request, worker, form, errors=errors, refused=str(error), status=422)
    return redirect("rollouts:detail", worker.name, rollout.pk)


def _refused(
    request: HttpRequest, worker: Worker, form: StartForm, refused: StartRefused
) -> HttpResponse:
    if refused.rollout is not None:
        toasts.warning(request, str(refused))
        return redirect("rollouts:detail", worker.name, refused.rollout.pk)
    errors = {FIELDS[refused.code]: str(refused)} if refused.code in FIELDS else {}
    return _render(
        request,
        worker,
        form,
        errors=errors,
        refused=str(refused),
        status=409,
        asks_consent=refused.code == "secrets_changed",
    )


def _save(request: HttpRequest, worker: Worker, form: StartForm) -> HttpResponse:
    """Saves the terms as a named plan."""
    allowed = permission(request.user, Role.OPERATOR)
    if not allowed:
        return _render(request, worker, form, refused=allowed.why, status=403)
    plan, errors = form.plan.check(form.suite)
    if plan is None:
        return _render(request, worker, form, errors=errors, refused=_summary(errors), status=422)
    try:
        edit = saved_plans.save(form.plan_name, plan, *_target(request, worker, form))
    except saved_plans.SavedPlanError as error:
        status = 422 if error.code == "name" else 409
        errors = {"plan_name": str(error)}
        return _render(request, worker, form, errors=errors, refused=str(error), status=status)
    toasts.success(request, messages.saved(edit.saved_plan.name, edit.number))
    return _render(request, worker, replace(form, saved=edit))


def _target(
    request: HttpRequest, worker: Worker, form: StartForm
) -> tuple[Worker | None, ActionRequest, int]:
    """(Worker or None for all, person, expected edit); the edit is 0 for a new name."""
    owner = None if form.plan_scope == "all" else worker
    before = form.saved
    same = before is not None and before.saved_plan.worker == owner
    number = 0
    if before is not None and same and before.saved_plan.name == form.plan_name.strip():
        typed = request.POST.get("plan_edit", "")
        number = int(typed) if typed.isdigit() else before.number
    return owner, ActionRequest(person(request), "dashboard", timezone.now()), number


def _render(
    request: HttpRequest,
    worker: Worker,
    form: StartForm,
    *,
    plans: list[SavedPlanEdit] | None = None,
    errors: Errors | None = None,
    status: int = 200,
    part: str = "outlook",
    refused: str = "",
    asks_consent: bool = False,
) -> HttpResponse:
    """`errors` None: those of the submitted plan."""
    listed = saved_plans.usable(worker) if plans is None else plans
    context = start_page(
        request, worker, form, listed, errors, refused=refused, asks_consent=asks_consent
    )
    return page(request, "rollouts/start_page/start.html", context, partial=part, status=status)


def _summary(errors: Errors) -> str:
    first = next(iter(errors.values()))
    return first if len(errors) == 1 else messages.fields_wrong(len(errors), first)
