"""A Worker's cron triggers: the page, its forms, and one run."""

from __future__ import annotations

import random
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person, requires
from dashboard.events.start import CannotStart, Draws, start_manually
from dashboard.live.pages.fragments import sequence
from dashboard.ui.page import page
from dashboard.workers.queries.worker_queries import worker_row
from dashboard.workers.schedules import messages
from dashboard.workers.schedules.context import (
    RunPage,
    SchedulesPage,
    awaits_output,
    no_edge,
    read_consumers,
    read_run,
    read_schedules,
    without_handler,
)
from routing.control import audit, revision
from routing.control.schedules import SchedulesRefused, set_schedules
from routing.models import Worker, WorkerEvent

TEMPLATE = "workers/schedules/schedules.html"
SOURCE = "dashboard"


@require_GET
def schedules(request: HttpRequest, name: str) -> HttpResponse:
    """The cron triggers with their next runs, and the last runs of all."""
    worker = get_object_or_404(Worker, name=name)
    return page(request, TEMPLATE, _context(request, worker), partial="schedule-runs")


@require_GET
def run(request: HttpRequest, name: str, event_id: UUID) -> HttpResponse:
    """One run, with what its version printed."""
    newest = sequence()
    events = WorkerEvent.objects.select_related("version", "edge", "author", "worker")
    event = get_object_or_404(events, worker__name=name, pk=event_id)
    row = worker_row(event.worker)
    found = read_run(event, row)
    polls = found.is_open or awaits_output(found, timezone.now())
    context = RunPage(row=row, sequence=newest, run=found, polls=polls)
    return page(request, "workers/schedules/run.html", context, partial="schedule-run")


@requires(Role.OPERATOR)
@require_POST
def add(request: HttpRequest, name: str) -> HttpResponse:
    worker, typed = get_object_or_404(Worker, name=name), request.POST.get("cron", "")
    return _change(request, worker, lambda listed: [*listed, typed], typed)


@requires(Role.OPERATOR)
@require_POST
def edit(request: HttpRequest, name: str, schedule_id: int) -> HttpResponse:
    """Replaces one expression. Its runs stay under the old one."""
    worker, typed = get_object_or_404(Worker, name=name), request.POST.get("cron", "")
    before = get_object_or_404(worker.schedules, pk=schedule_id).cron

    def replaced(listed: list[str]) -> list[str]:
        return [typed if text == before else text for text in listed]

    return _change(request, worker, replaced, typed, schedule_id)


@requires(Role.OPERATOR)
@require_POST
def remove(request: HttpRequest, name: str, schedule_id: int) -> HttpResponse:
    worker = get_object_or_404(Worker, name=name)
    removed = get_object_or_404(worker.schedules, pk=schedule_id).cron
    return _change(request, worker, lambda listed: [text for text in listed if text != removed])


@requires(Role.OPERATOR)
@require_POST
def run_now(request: HttpRequest, name: str, schedule_id: int) -> HttpResponse:
    """Runs it on the version of the form, or as the split draws, and shows the run."""
    worker = get_object_or_404(Worker, name=name)
    schedule, now = get_object_or_404(worker.schedules, pk=schedule_id), timezone.now()
    draws = Draws(version=random.random(), edge=random.random())
    version_id = request.POST.get("version", "")
    try:
        with transaction.atomic():
            event = start_manually(
                worker, schedule.cron, version_id, author=person(request), now=now, draws=draws
            )
            audit.record(
                "worker.run_schedule",
                worker.name,
                actor=person(request),
                source=SOURCE,
                now=now,
                after={"cron": schedule.cron, "version": str(event.version_id)},
            )
    except CannotStart as refused:
        toasts.error(request, messages.CANNOT_START[refused.code])
        return redirect("workers:schedules", name)
    return redirect("workers:schedule-run", name, event.pk)


def _change(
    request: HttpRequest,
    worker: Worker,
    change: Callable[[list[str]], list[str]],
    typed: str = "",
    editing: int = 0,
) -> HttpResponse:
    try:
        with transaction.atomic():
            revision.lock()  # so that no other change is lost
            listed = change(list(worker.schedules.values_list("cron", flat=True)))
            actor, now = person(request), timezone.now()
            if set_schedules(worker, listed, actor=actor, source=SOURCE, now=now):
                toasts.success(request, messages.changed(worker.name, worker.schedules.count()))
    except SchedulesRefused as error:
        context = _context(request, worker, error=str(error), typed=typed, editing=editing)
        return page(request, TEMPLATE, context, status=422)
    return redirect("workers:schedules", worker.name)


def _context(
    request: HttpRequest, worker: Worker, *, error: str = "", typed: str = "", editing: int = 0
) -> SchedulesPage:
    newest, now = sequence(), timezone.now()
    row = worker_row(worker)
    found = read_schedules(row, now)
    return SchedulesPage(
        row=row,
        sequence=newest,
        can=permission(request.user, Role.OPERATOR),
        schedules=found.schedules,
        runs=found.runs,
        consumers=read_consumers(row),
        is_running=any(run.is_open for run in found.runs),
        without_handler=without_handler(row) if found.schedules else [],
        no_edge=bool(found.schedules) and no_edge(worker, now),
        error=error,
        typed=typed,
        editing=editing,
    )
