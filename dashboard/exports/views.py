"""The page of the export jobs, and its forms."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.exports import messages
from dashboard.exports.jobs import changes
from dashboard.exports.jobs.changes import JobRefused
from dashboard.exports.models import Job
from dashboard.exports.page_context import JobForm, exports_page
from dashboard.ui.page import page

TEMPLATE = "exports/list.html"


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return page(request, TEMPLATE, exports_page(person(request), timezone.now()))


@requires(Role.ADMIN)
@sensitive_post_parameters("destination")
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Creates a job from the form. A rejected form comes back without its destination, which may
    contain a secret."""
    sent = request.POST
    try:
        job = changes.create(_as_api(request), actor_of(request))
    except JobRefused as error:
        form = JobForm(sent.get("name", ""), sent.get("sample", ""))
        context = exports_page(person(request), timezone.now(), form=form, problem=str(error))
        return page(request, TEMPLATE, context, status=422)
    notices.success(request, messages.created(job))
    return redirect("exports:list")


@requires(Role.ADMIN)
@require_POST
def act(request: HttpRequest, job_id: int) -> HttpResponse:
    """Pauses, resumes, retries or deletes: the value of the button `do`."""
    job = get_object_or_404(Job, pk=job_id)
    try:
        done = _do(request.POST.get("do", ""), job, actor_of(request))
    except JobRefused as error:
        notices.error(request, str(error))
        return redirect("exports:list")
    if done is None:
        return HttpResponse(status=400)
    notices.success(request, done)
    return redirect("exports:list")


def _do(action: str, job: Job, by: Actor) -> str | None:
    """What happened, for a notice; None for an unknown action. Raises `JobRefused`."""
    match action:
        case "pause" | "resume":
            changes.change(job.pk, {"enabled": action == "resume"}, by)
            return messages.resumed(job) if action == "resume" else messages.paused(job)
        case "retry":
            return messages.retrying(job, changes.send_again(job, by))
        case "delete":
            changes.delete(job, by)
            return messages.deleted(job)
    return None


def _as_api(request: HttpRequest) -> dict[str, Any]:
    """The form as the API takes it; raises `JobRefused`."""
    sent = request.POST
    chosen = [name for name in sent.getlist("workers") if name]
    where = {"where": {"key": "ScriptName", "operator": "in", "value": chosen}}
    return {
        "name": sent.get("name", "").strip(),
        "destination_conf": sent.get("destination", "").strip(),
        "enabled": True,
        "filter": json.dumps(where) if chosen else "",
        "output_options": {"sample_rate": _fraction(sent.get("sample", "100"))},
    }


def _fraction(percentage: str) -> float:
    try:
        return float(percentage) / 100
    except ValueError as error:
        raise JobRefused(messages.SAMPLE_INVALID) from error
