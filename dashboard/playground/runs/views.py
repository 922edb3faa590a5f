"""Send ×N: start a run, look at it while it grows, stop it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person, refuse
from dashboard.fleet.version_roles import Standing
from dashboard.limits.messages import try_again
from dashboard.overrides.carry import carried
from dashboard.playground.pages.page_context import lines_as_sent
from dashboard.playground.predict.predict import Prediction, live_versions, predict
from dashboard.playground.request.form import PRIVATE, typed_in
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.runs import runner
from dashboard.playground.runs.models import MOST, MOST_AT_ONCE, Run, expire_stale_runs
from dashboard.playground.runs.report import Stood, grid, lines, verdict
from dashboard.playground.send.quota import consume_quota
from dashboard.sending.redaction import MASK
from dashboard.sending.wire_request import SendFailed, proof_edge
from dashboard.ui.page import page, wants_fragment
from routing.models import Worker

TEMPLATE = "playground/runs/many.html"
KEPT = 50
"""Runs of one person that are kept."""
CHOICES, AT_ONCE = (10, 50, 100, 250, 500, 1000), (1, 4, 8, 16, 32)


@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def many(request: HttpRequest) -> HttpResponse:
    """The request in the address and how often to send it; by POST, the run begins."""
    if request.method == "POST":
        return _start(request)
    name = request.GET.get("worker", "")
    worker = get_object_or_404(Worker, name=name) if name else Worker.objects.first()
    context: dict[str, Any] = {"worker": worker, "runs": _own(request)[:10], **_choices(request)}
    if worker:
        typed = typed_in(request, worker)
        context |= {
            "of": worker.name,
            "typed": typed,
            "fields": typed.stored(),
            "workers": _names(),
        }
    return page(request, TEMPLATE, context)


@require_GET
def run(request: HttpRequest, id: UUID) -> HttpResponse:
    """One run, for everybody who has the link; htmx asks for its state again and again."""
    expire_stale_runs()
    found = get_object_or_404(Run.objects.select_related("person"), pk=id)
    return page(request, TEMPLATE, shown(request, found), partial="run")


@require_POST
def stop(request: HttpRequest, id: UUID) -> HttpResponse:
    """No further request is sent; those on the way are waited for."""
    found = get_object_or_404(Run.objects.select_related("person"), pk=id)
    allowed = permission(request.user, Role.OPERATOR)
    if found.person_id != person(request).pk and not allowed:
        return refuse(request, allowed)
    Run.objects.filter(pk=id).update(stop_asked=True)
    found.stop_asked = True
    if wants_fragment(request):
        return page(request, TEMPLATE, shown(request, found), partial="run")
    return redirect("playground:run", id)


def shown(request: HttpRequest, found: Run) -> dict[str, Any]:
    """Everything about a run, as far as it has come."""
    sent, stood = found.results, [Stood(**s) for s in found.shares]
    return {
        "run": found,
        "of": found.worker,
        "sent": sent,
        "stood": stood,
        "verdict": verdict(sent, stood, found.expected),
        "lines": lines(sent, stood),
        "grid": grid(sent, stood, found.count),
        "took": (found.ended_on or found.beat_on) - found.started_on,
        "rays": sum(bool(s.ray) for s in sent),
        "fields": found.request,
        "masked": not repeatable(found.request),
        "mine": found.person_id == person(request).pk,
        **_choices(request, found),
    }


def repeatable(fields: dict[str, Any]) -> bool:
    """Whether what was kept is the whole request: secrets are masked, and a file is not kept."""
    masked = any(MASK in str(value) for value in fields.values())
    return not masked and fields.get("kind") != "file"


def _start(request: HttpRequest) -> HttpResponse:
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    typed = typed_in(request, worker)
    count, at_once = _number(request, "count", 100, MOST), _number(request, "at_once", 8, 32)
    if refused := refusal(request, typed):
        return _failed(request, worker, *refused)
    deployment, standings = live_versions(worker)
    lines_sent = lines_as_sent(request, typed)
    prediction = predict(worker.name, lines_sent, deployment, standings)
    try:
        wire = carried(typed.to_wire(proof_edge()), person(request).username, timezone.now())
    except SendFailed as error:
        return _failed(request, worker, 502, error.title, str(error))
    if wait := consume_quota(person(request), count):
        return _failed(request, worker, 429, "Not sent", try_again(math.ceil(wait)))
    begun = _row(request, typed, prediction, standings, count, at_once)
    if begun is None:
        words = "A run of yours is still under way. Stop it, or wait until it is done."
        return _failed(request, worker, 409, "Not sent", words)
    if not runner.launch(begun, wire):
        begun.delete()
        words = "As many runs as this server carries out are under way. Try again in a moment."
        return _failed(request, worker, 409, "Not sent", words)
    if wants_fragment(request):
        return page(request, TEMPLATE, shown(request, begun), partial="answer")
    return redirect("playground:run", begun.pk)


def _row(
    request: HttpRequest,
    typed: TypedRequest,
    prediction: Prediction,
    standings: list[Standing],
    count: int,
    at_once: int,
) -> Run | None:
    """The run's row; None while this person has another one."""
    expire_stale_runs()
    old = _own(request).exclude(state=Run.State.RUNNING).values_list("pk", flat=True)
    Run.objects.filter(pk__in=list(old[KEPT : KEPT + 50])).delete()
    try:
        with transaction.atomic():
            return Run.objects.create(
                person=person(request),
                worker=typed.worker,
                request=typed.stored(),
                expected=prediction.expected.as_dict() if prediction.expected else {},
                shares=[asdict(stood_of(s)) for s in standings],
                count=count,
                at_once=min(at_once, count),
            )
    except IntegrityError:
        return None


def stood_of(s: Standing) -> Stood:
    return Stood(str(s.version.id), s.weight or 0, str(s.role), s.word, s.version.tag)


def refusal(request: HttpRequest, typed: TypedRequest) -> tuple[int, str, str] | None:
    can = permission(request.user, Role.OPERATOR)
    if typed.errors:
        return 422, "Not sent", " ".join(typed.errors.values())
    if typed.acts and not can:
        return 403, "Not sent", f"Viewers send GET and HEAD. {can.why}"
    if any(MASK in value for value in (typed.extra, typed.path, typed.body, typed.token)):
        words = "Its secrets are masked. Open it in the playground and type them again."
        return 422, "Not sent", words
    return None


def _failed(
    request: HttpRequest, worker: Worker, status: int, title: str, words: str
) -> HttpResponse:
    running = _own(request).filter(state=Run.State.RUNNING).first()
    context = {"failed": (title, words), "of": worker.name, "running": running}
    return page(request, TEMPLATE, context, partial="answer", status=status)


def _choices(request: HttpRequest, found: Run | None = None) -> dict[str, Any]:
    return {
        "counts": CHOICES,
        "at_onces": AT_ONCE,
        "chosen_count": found.count if found else _number(request, "count", 100, MOST),
        "chosen_at_once": found.at_once if found else _number(request, "at_once", 8, MOST_AT_ONCE),
        "can": permission(request.user, Role.OPERATOR),
    }


def _number(request: HttpRequest, name: str, default: int, most: int) -> int:
    """A number from 1 to `most`; nonsense is the default."""
    sent = request.POST if request.method == "POST" else request.GET
    text = sent.get(name, "")
    return min(max(int(text), 1), most) if text.isascii() and text.isdigit() else default


def _own(request: HttpRequest) -> Any:
    return Run.objects.filter(person=person(request)).defer("sent")


def _names() -> list[str]:
    return list(Worker.objects.values_list("name", flat=True))
