"""The playground's page: compose, predict, send, prove."""

from __future__ import annotations

import math
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.permissions import person
from dashboard.limits.answers import waiting
from dashboard.limits.limits import SENDS
from dashboard.limits.messages import no_place, try_again
from dashboard.limits.places import NoPlace
from dashboard.overrides.carry import carried
from dashboard.playground.disconnect import cancellation
from dashboard.playground.models import Entry
from dashboard.playground.pages import page_context
from dashboard.playground.pages.page_context import TEMPLATE
from dashboard.playground.request import drafts
from dashboard.playground.request.compose import Composed, compose
from dashboard.playground.request.form_fields import typed, upload
from dashboard.playground.request.wire_request import build
from dashboard.playground.send import history, proof as proofs, trace_steps
from dashboard.playground.send.quota import take
from dashboard.sending.outcome import LOG_WAIT, RAY, log_line, send_and_prove
from dashboard.sending.redaction import without_secrets
from dashboard.sending.wire_request import SendFailed, proof_edge
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import page
from dashboard.variables.store import values_for
from routing.models import Worker

#: Fields whose values may be secrets and never belong in an error report.
PRIVATE = ("headers", "hv", "body", "key", "token", "password", "path", "raw")


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def playground(request: HttpRequest) -> HttpResponse:
    """The page with its presets; by POST, the answer."""
    sent = request.POST if request.method == "POST" else request.GET
    worker = _worker(sent.get("worker", ""))
    if worker is None:
        return page(request, TEMPLATE, {"workers": []})
    context = page_context.context(request, worker, asked_in(request, worker.name))
    if request.method == "GET":
        return page(request, TEMPLATE, context)
    if refused := _refusal(request, context):
        status, *failed = refused
        shown = context | {"failed": failed}
        return page(request, TEMPLATE, shown, partial="answer", status=int(status))
    found = context | _sent(request, context)
    shown = found | page_context.kept(request)
    return page(request, TEMPLATE, shown, partial="answer", status=found.get("status", 200))


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@require_POST
def verdict(request: HttpRequest) -> HttpResponse:
    """What would happen to the request as it is typed so far."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    context = page_context.context(request, worker, asked_in(request, worker.name))
    return page(request, TEMPLATE, context, partial="verdict")


@require_GET
def proof(request: HttpRequest, ray: str) -> HttpResponse:
    """Another look at the log for a request that was sent before."""
    expected = proofs.recall(request.GET.get("expected", ""))
    worker = _worker(request.GET.get("worker", "")) if expected else None
    if worker is None or expected is None or expected.worker != worker.name:
        raise Http404
    found = log_line(ray, worker.name)
    live = page_context.live(worker)[1]
    context = {
        "worker": worker,
        "ray": ray,
        "remembered": request.GET.get("expected", ""),
        "proof": proofs.prove(found, expected, live) if found else None,
        "trail": trace_steps.trail(ray),
    }
    return page(request, "playground/send/proof.html", context, partial="proof")


@require_GET
def trail(request: HttpRequest, ray: str) -> HttpResponse:
    """The trail again: inner hops and console lines may come a moment after the answer."""
    if not RAY.fullmatch(ray):
        raise Http404
    context = {"ray": ray, "trail": trace_steps.trail(ray), "settled": True}
    return page(request, "playground/send/trail.html", context, partial="trail")


def asked_in(request: HttpRequest, worker: str) -> Composed:
    """The request in the form (or the address), with this person's variables put in."""
    values, secrets = values_for(worker, person(request))
    fields = typed(request.POST if request.method == "POST" else request.GET)
    if request.method == "GET" and "draft" in fields:
        fields |= drafts.load(request, worker)
    asked = compose(worker, fields, values, upload(request))
    asked.secrets = secrets
    return asked


def _refusal(request: HttpRequest, context: dict[str, Any]) -> tuple[int, str, str] | None:
    asked, can = context["asked"], context["can"]
    if asked.errors:
        return 422, "Not sent", " ".join(asked.errors.values())
    if asked.acts and not can.allowed:
        return 403, "Not sent", f"Viewers send GET and HEAD. {can.why}"
    if wait := take(person(request)):
        return 429, "Not sent", try_again(math.ceil(wait))
    return None


def _sent(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Sends it, and keeps what came; the answer and the edge's word about it."""
    asked, expected, who = context["asked"], context["prediction"].expected, person(request)
    try:
        wire = carried(build(asked, proof_edge()), person(request).username, timezone.now())
    except SendFailed as failure:
        return _failed(history.record(who, asked, expected, failure))
    try:
        with SENDS.place(str(who.pk)), waiting(request):
            came = send_and_prove(wire, wait=LOG_WAIT, cancellation=cancellation(request))
    except NoPlace as error:
        return {"failed": ("Not sent", no_place("requests", error.own)), "status": 429}
    if came.answer is None:
        return _failed(history.record(who, asked, expected, came.failure))
    answer = without_secrets(came.answer, asked.secrets)
    entry = history.record(who, asked, expected, answer)
    found = page_context.outcome(entry, asked, answer, came.log_line)
    history.conclude(entry, found["proof"])
    return found


def _failed(entry: Entry) -> dict[str, Any]:
    return {"failed": tuple(entry.problem)}


def _worker(name: str) -> Worker | None:
    """The named Worker; without a name the first one that there is."""
    if name:
        return get_object_or_404(Worker, name=name)
    return Worker.objects.first()
