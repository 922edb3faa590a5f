"""The page of the export jobs: where logs go, how far they are, what was not taken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person, requires
from dashboard.exports.jobs import changes
from dashboard.exports.jobs.backlog import Lag, lag_of
from dashboard.exports.jobs.changes import JobRefused
from dashboard.exports.models import DeadLetter, Job
from dashboard.ui.page import page
from routing.models import Invocation, Worker


@dataclass(frozen=True, slots=True)
class Row:
    """One job as the page shows it; `state` is paused, failing, waiting or sending."""

    job: Job
    lag: Lag
    letters: list[DeadLetter]
    dead_records: int

    @property
    def state(self) -> str:
        if not self.job.enabled:
            return "paused"
        if self.job.last_error is not None:
            return "failing"
        return "sending" if self.job.last_complete else "waiting"


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return page(request, "exports/list.html", _context(request))


@requires(Role.ADMIN)
@sensitive_post_parameters("destination")
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Creates a job from the form. A rejected form comes back without its destination, which may
    contain a secret."""
    try:
        job = changes.create(_asked(request), _by(request))
    except JobRefused as error:
        context = _context(request) | {"refused": str(error), "given": request.POST}
        return page(request, "exports/list.html", context, status=422)
    messages.success(request, f"{job} was created. It sends what happens from now on.")
    return redirect("exports:list")


@requires(Role.ADMIN)
@require_POST
def act(request: HttpRequest, job_id: int) -> HttpResponse:
    """Pause, go on, send dead letters again, delete: the button's name says which."""
    job = get_object_or_404(Job, pk=job_id)
    what, by = request.POST.get("do", ""), _by(request)
    if what in ("pause", "resume"):
        changes.change(job.pk, {"enabled": what == "resume"}, by)
        told = f"{job} is paused." if what == "pause" else f"{job} goes on where it was."
    elif what == "retry":
        try:
            count = changes.send_again(job, by)
        except JobRefused as error:
            messages.error(request, str(error))
            return redirect("exports:list")
        told = f"{count} batch{'' if count == 1 else 'es'} of {job} will be sent again."
    elif what == "delete":
        changes.delete(job, by)
        told = f"{job} and its dead letters are gone. What was sent stays where it is."
    else:
        return HttpResponse(status=400)
    messages.success(request, told)
    return redirect("exports:list")


def _context(request: HttpRequest) -> dict[str, Any]:
    newest = Invocation.objects.aggregate(top=Max("id"))["top"] or 0
    found = Job.objects.annotate(
        letters=Count("dead_letters"), dead=Sum("dead_letters__records")
    ).prefetch_related("dead_letters")
    now = timezone.now()
    return {
        "rows": [
            Row(job, lag_of(job, newest, now), list(job.dead_letters.all()[:1]), job.dead or 0)
            for job in found
        ],
        "can": permission(request.user, Role.ADMIN),
        "hosts": sorted(settings.EXPORT_HOSTS),
        "workers": Worker.objects.values_list("name", flat=True),
        "given": {"sample": "100"},
    }


def _asked(request: HttpRequest) -> dict[str, Any]:
    """The form as the API would have it."""
    sent = request.POST
    chosen = [name for name in sent.getlist("workers") if name]
    where = {"where": {"key": "ScriptName", "operator": "in", "value": chosen}}
    return {
        "name": sent.get("name", "").strip(),
        "destination_conf": sent.get("destination", "").strip(),
        "enabled": True,
        "filter": json.dumps(where) if chosen else "",
        "output_options": {"sample_rate": _part(sent.get("sample", "100"))},
    }


def _part(text: str) -> float:
    try:
        return float(text) / 100
    except ValueError as error:
        raise JobRefused("Sample: a percentage, greater than 0 and at most 100.") from error


def _by(request: HttpRequest) -> Actor:
    return Actor(actor=person(request), source="dashboard", now=timezone.now())
