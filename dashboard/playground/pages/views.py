"""The playground's page, its sends, and later looks at what an edge logged about them."""

from __future__ import annotations

import math
from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person
from dashboard.limits.answers import waiting
from dashboard.limits.limits import SENDS
from dashboard.limits.messages import no_place, try_again
from dashboard.limits.places import NoPlace
from dashboard.overrides.carry import Carrier
from dashboard.playground import messages
from dashboard.playground.disconnect import cancellation
from dashboard.playground.pages import page_context
from dashboard.playground.pages.page_context import TEMPLATE
from dashboard.playground.predict.predict import live_versions, predict
from dashboard.playground.request.form import PRIVATE, typed_in
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.send import history, proof as proofs, trace_steps
from dashboard.playground.send.answer_page import AnswerPage, answer_page
from dashboard.playground.send.edges import (
    count_of_sends,
    edge_answers,
    edges_of,
    send_through_all,
)
from dashboard.playground.send.quota import consume_quota
from dashboard.sending.outcome import RAY, log_line
from dashboard.sending.redaction import without_secrets
from dashboard.sending.wire_request import SendFailed
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import page, wants_fragment
from routing.models import Worker


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def playground(request: HttpRequest) -> HttpResponse:
    """The page with its presets; by POST, the answer."""
    sent = request.POST if request.method == "POST" else request.GET
    worker = _worker(sent.get("worker", ""))
    if worker is None:
        return page(request, TEMPLATE, {"workers": []})
    typed = typed_in(request, worker)
    if request.method == "POST":
        return _send(request, worker, typed)
    return page(request, TEMPLATE, vars(page_context.playground_page(request, worker, typed)))


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@require_POST
def verdict(request: HttpRequest) -> HttpResponse:
    """What would happen to the request as typed so far."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    fragment = wants_fragment(request)
    context = page_context.forecast if fragment else page_context.playground_page
    shown = context(request, worker, typed_in(request, worker))
    return page(request, TEMPLATE, vars(shown), partial="verdict")


@require_GET
def proof(request: HttpRequest, ray: str) -> HttpResponse:
    """Looks again for the log line of an earlier send."""
    signed = request.GET.get("expected", "")
    expected = proofs.signed_prediction(signed)
    worker = _worker(request.GET.get("worker", "")) if expected else None
    if worker is None or expected is None or expected.worker != worker.name:
        raise Http404
    line = log_line(ray, worker.name)
    standings = live_versions(worker)[1]
    context = {
        "worker": worker,
        "ray": ray,
        "signed": signed,
        "proof": proofs.prove(line, expected, standings) if line else None,
        "trail": trace_steps.trail(ray),
    }
    return page(request, "playground/send/proof.html", context, partial="proof")


@require_GET
def trail(request: HttpRequest, ray: str) -> HttpResponse:
    """The Workers that a request passed through. Their last log lines come a moment after the
    answer: the page asks `again` once."""
    if not RAY.fullmatch(ray):
        raise Http404
    context = {"ray": ray, "trail": trace_steps.trail(ray), "settled": "again" in request.GET}
    return page(request, "playground/send/trail.html", context, partial="trail")


def _send(request: HttpRequest, worker: Worker, typed: TypedRequest) -> HttpResponse:
    """The answer alone, or without htmx the page around it."""
    status, answer = _refused(request, typed) or _answer(request, worker, typed)
    if wants_fragment(request):
        around = {"worker": worker, "typed": typed} | vars(history.shelf(person(request)))
    else:
        around = vars(page_context.playground_page(request, worker, typed))
        answer = replace(answer, trail=trace_steps.trail(answer.ray))
    return page(request, TEMPLATE, around | vars(answer), partial="answer", status=status)


def _refused(request: HttpRequest, typed: TypedRequest) -> tuple[int, AnswerPage] | None:
    can = permission(request.user, Role.OPERATOR)
    if typed.errors:
        return 422, _not_sent(" ".join(typed.errors.values()))
    if typed.acts and not can.allowed:
        return 403, _not_sent(messages.VIEWERS_READ.format(can.why))
    if seconds := consume_quota(person(request), count_of_sends(typed)):
        return 429, _not_sent(try_again(math.ceil(seconds)))
    return None


def _answer(request: HttpRequest, worker: Worker, typed: TypedRequest) -> tuple[int, AnswerPage]:
    """Predicts, sends, proves and stores. Status 200 also where the edge did not answer."""
    sender = person(request)
    carrier = Carrier.of(sender.username, timezone.now())
    deployment, standings = live_versions(worker)
    lines = carrier.completed(tuple(typed.filled.lines))
    expected = predict(worker.name, lines, deployment, standings, typed.host).expected
    try:
        wires = [carrier.carried(typed.to_wire(edge)) for edge in edges_of(typed)]
        with SENDS.place(str(sender.pk)), waiting(request):
            outcomes = send_through_all(wires, cancellation(request))
        outcome = next((o for o in outcomes if o.answer), outcomes[0])
        answer = without_secrets(outcome.answer_or_raise(), typed.secrets)
    except NoPlace as error:
        return 429, _not_sent(no_place("requests", error.own))
    except SendFailed as failure:
        entry = history.record(sender, typed, expected, failure)
        return 200, AnswerPage(failed=(failure.title, str(failure)), entry=entry)
    entry = history.record(sender, typed, expected, answer)
    shown = answer_page(worker, standings, typed, entry, answer, outcome.log_line)
    if len(outcomes) > 1:
        shown = replace(shown, edges=edge_answers(outcomes, standings))
    if shown.proof:
        history.record_proof(entry, shown.proof)
    return 200, shown


def _not_sent(text: str) -> AnswerPage:
    return AnswerPage(failed=(messages.NOT_SENT, text))


def _worker(name: str) -> Worker | None:
    """The named Worker; without a name the first one, if there is one."""
    return get_object_or_404(Worker, name=name) if name else Worker.objects.first()
