"""Send ×N: start a run, watch it, stop it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person, refuse
from dashboard.limits.messages import try_again
from dashboard.overrides.carry import Carrier
from dashboard.playground import messages
from dashboard.playground.predict.predict import live_versions, predict
from dashboard.playground.request.form import PRIVATE, typed_in
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.runs import runner
from dashboard.playground.runs.context import (
    LISTED,
    FailedStart,
    numbers_in,
    run_page,
    start_page,
)
from dashboard.playground.runs.models import Run, expire_stale_runs
from dashboard.playground.runs.report import role_of
from dashboard.playground.send.edges import edges_of
from dashboard.playground.send.quota import consume_quota
from dashboard.sending.redaction import MASK
from dashboard.sending.wire_request import SendFailed, WireRequest
from dashboard.ui.page import page, wants_fragment
from routing.models import Worker

TEMPLATE = "playground/runs/many.html"
STORED = 50
"""Runs stored per person."""

Refusal = tuple[int, str, str]
"""Status, title, text."""


@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def many(request: HttpRequest) -> HttpResponse:
    """The request in the address and how often to send it; by POST, the run begins."""
    if request.method == "POST":
        return _start(request)
    name = request.GET.get("worker", "")
    worker = get_object_or_404(Worker, name=name) if name else Worker.objects.first()
    return page(request, TEMPLATE, vars(start_page(request, worker, list(_own(request)[:LISTED]))))


@require_GET
def run(request: HttpRequest, id: UUID) -> HttpResponse:
    """One run, for everyone with the link; htmx polls it while it is in progress."""
    expire_stale_runs()
    row = get_object_or_404(Run.objects.select_related("person"), pk=id)
    return page(request, TEMPLATE, vars(run_page(request, row)), partial="run")


@require_POST
def stop(request: HttpRequest, id: UUID) -> HttpResponse:
    """Sends no further request; waits for those that were sent."""
    row = get_object_or_404(Run.objects.select_related("person"), pk=id)
    allowed = permission(request.user, Role.OPERATOR)
    if row.person_id != person(request).pk and not allowed:
        return refuse(request, allowed)
    Run.objects.filter(pk=id).update(stop_asked=True)
    row.stop_asked = True
    if wants_fragment(request):
        return page(request, TEMPLATE, vars(run_page(request, row)), partial="run")
    return redirect("playground:run", id)


def refusal(request: HttpRequest, typed: TypedRequest) -> Refusal | None:
    """Why this request is not sent many times or compared; None when it can be."""
    can = permission(request.user, Role.OPERATOR)
    if typed.errors:
        return 422, messages.NOT_SENT, " ".join(typed.errors.values())
    if typed.acts and not can:
        return 403, messages.NOT_SENT, messages.VIEWERS_READ.format(can.why)
    if any(MASK in value for value in (typed.extra, typed.path, typed.body, typed.token)):
        return 422, messages.NOT_SENT, messages.STORED_MASKED
    return None


def _start(request: HttpRequest) -> HttpResponse:
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    typed = typed_in(request, worker)
    if refused := refusal(request, typed):
        return _failed(request, worker, *refused)
    carrier = Carrier.of(person(request).username, timezone.now())
    try:
        wires = [carrier.carried(typed.to_wire(edge)) for edge in edges_of(typed)]
    except SendFailed as error:
        return _failed(request, worker, 502, error.title, str(error))
    count, at_once = numbers_in(request)
    if seconds := consume_quota(person(request), count):
        return _failed(request, worker, 429, messages.NOT_SENT, try_again(math.ceil(seconds)))
    row = _new_run(request, worker, typed, carrier, count, at_once)
    if row is None:
        return _failed(request, worker, 409, messages.NOT_SENT, messages.RUN_EXISTS)
    return _launch(request, worker, row, wires)


def _launch(
    request: HttpRequest, worker: Worker, row: Run, wires: Sequence[WireRequest]
) -> HttpResponse:
    if not runner.launch(row, wires):
        row.delete()
        return _failed(request, worker, 409, messages.NOT_SENT, messages.RUNS_FULL)
    if wants_fragment(request):
        return page(request, TEMPLATE, vars(run_page(request, row)), partial="answer")
    return redirect("playground:run", row.pk)


def _new_run(
    request: HttpRequest,
    worker: Worker,
    typed: TypedRequest,
    carrier: Carrier,
    count: int,
    at_once: int,
) -> Run | None:
    """The run's row; None while this person has another run in progress."""
    deployment, standings = live_versions(worker)
    lines = carrier.completed(tuple(typed.filled.lines))
    expected = predict(worker.name, lines, deployment, standings, typed.host).expected
    expire_stale_runs()
    old = _own(request).exclude(state=Run.State.RUNNING).values_list("pk", flat=True)
    Run.objects.filter(pk__in=list(old[STORED : STORED + 50])).delete()
    try:
        with transaction.atomic():
            return Run.objects.create(
                person=person(request),
                worker=worker.name,
                request=typed.stored(),
                expected=expected.as_dict() if expected else {},
                shares=[asdict(role_of(standing)) for standing in standings],
                count=count,
                at_once=min(at_once, count),
            )
    except IntegrityError:
        return None


def _failed(
    request: HttpRequest, worker: Worker, status: int, title: str, text: str
) -> HttpResponse:
    running = _own(request).filter(state=Run.State.RUNNING).first()
    failed = FailedStart(failed=(title, text), of=worker.name, running=running)
    return page(request, TEMPLATE, vars(failed), partial="answer", status=status)


def _own(request: HttpRequest) -> QuerySet[Run]:
    return Run.objects.filter(person=person(request)).defer("sent")
