"""The page that changes the plan of a running rollout, from its next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person
from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.fleet.version_roles import Standing
from dashboard.rollouts import messages
from dashboard.rollouts.actions.actions import ActionRefused, ActionRequest
from dashboard.rollouts.conductor.advance import Stale
from dashboard.rollouts.decisions import values
from dashboard.rollouts.decisions.plan import Plan, PlanError
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans import messages as plan_messages
from dashboard.rollouts.plans.commands import change_commands
from dashboard.rollouts.plans.form.context import PlanFields, plan_fields
from dashboard.rollouts.plans.form.form import PlanForm
from dashboard.rollouts.plans.form.preview import traffic_of_day
from dashboard.rollouts.plans.form.step_rows import Errors
from dashboard.rollouts.plans.plan_edits import change_plan, check_changeable
from dashboard.ui.page import page
from routing.control.deploy import active_deployment
from routing.models import Worker

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class ChangePlanPage:
    """`closed`: why the plan cannot change any more, or empty; `refused`: why it was not saved."""

    worker: Worker
    rollout: Rollout
    standings: Sequence[Standing]
    form: PlanForm
    fields: PlanFields
    address: str
    target: str
    commands: Sequence[tuple[str, str]]
    closed: str
    can: Permission
    refused: str


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, name: str, rollout_id: UUID) -> HttpResponse:
    """The form. POST handles its buttons, or saves if edit and step are still those of the page."""
    rollouts = Rollout.objects.with_versions()
    rollout = get_object_or_404(rollouts, pk=rollout_id, worker__name=name)
    data = request.POST if request.method == "POST" else request.GET
    base = rollout.as_value().upcoming
    form = PlanForm.from_query(data, base)
    if request.method == "GET":
        return _render(request, rollout, form, base)
    if do := data.get("do", ""):
        return _render(request, rollout, form.after_button(do), base, part="change-form")
    if not (allowed := permission(request.user, Role.OPERATOR)):
        return _render(request, rollout, form, base, refused=allowed.why, status=403)
    return _change(request, rollout, form, base)


def _change(request: HttpRequest, rollout: Rollout, form: PlanForm, base: Plan) -> HttpResponse:
    expected = (request.POST.get("edit", ""), request.POST.get("step", ""))
    if expected != (str(rollout.plan_edit), str(rollout.step)):
        return _stale(request, rollout, form, base)
    plan, errors = form.check(rollout.suite, base)
    if plan is None:
        return _render(request, rollout, form, base, errors=errors, status=422)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    by = ActionRequest(person(request), "dashboard", timezone.now(), reason)
    try:
        change_plan(rollout, plan, by, rollout.plan_edit)
    except Stale as stale:
        return _stale(request, stale.rollout, form, base)
    except PlanError as error:
        errors = {error.field: str(error)}
        return _render(request, rollout, form, base, errors=errors, status=422)
    except ActionRefused as refused:
        return _render(request, rollout, form, base, refused=str(refused), status=409)
    toasts.success(request, plan_messages.changed(rollout.plan_edit))
    return redirect("rollouts:detail", rollout.worker.name, rollout.pk)


def _stale(request: HttpRequest, rollout: Rollout, form: PlanForm, base: Plan) -> HttpResponse:
    """The submitted form, with who changed the rollout and when."""
    words = messages.moved(rollout)
    return _render(request, rollout, form, base, refused=words, status=409)


def _render(
    request: HttpRequest,
    rollout: Rollout,
    form: PlanForm,
    base: Plan,
    *,
    errors: Errors | None = None,
    status: int = 200,
    part: str = "outlook",
    refused: str = "",
) -> HttpResponse:
    worker = rollout.worker
    plan, plan_errors = form.check(rollout.suite, base)
    traffic = traffic_of_day(worker, timezone.now())
    shown = plan_errors if errors is None else errors
    deployment = active_deployment(worker)
    api = request.build_absolute_uri("/api")
    context = ChangePlanPage(
        worker=worker,
        rollout=rollout,
        standings=roles_of_deployment(deployment) if deployment else [],
        form=form,
        fields=plan_fields(form, shown, plan, traffic, begun=rollout.step + 1),
        address=request.path,
        target="change-form",
        commands=change_commands(rollout, plan, api) if plan else [],
        closed=_why_closed(rollout.as_value()),
        can=permission(request.user, Role.OPERATOR),
        refused=refused,
    )
    return page(request, "rollouts/plans/change_plan.html", context, partial=part, status=status)


def _why_closed(value: values.Rollout) -> str:
    try:
        check_changeable(value)
    except ActionRefused as refused:
        return str(refused)
    return ""
