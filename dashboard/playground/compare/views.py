"""Compare: the same request to stable twice and to the candidate once, and what differs."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person
from dashboard.fleet.version_roles import Standing
from dashboard.limits.answers import waiting
from dashboard.limits.limits import SENDS
from dashboard.limits.messages import no_place, try_again
from dashboard.limits.places import NoPlace
from dashboard.overrides.carry import carried
from dashboard.playground import messages
from dashboard.playground.compare.context import StartPage, compared_page
from dashboard.playground.compare.models import Compared
from dashboard.playground.compare.three_sends import StoredAnswer, three
from dashboard.playground.disconnect import cancellation
from dashboard.playground.predict.predict import live_versions
from dashboard.playground.request.form import PRIVATE, typed_in
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.runs.report import role_of
from dashboard.playground.runs.views import Refusal, refusal
from dashboard.playground.send.edges import one_edge
from dashboard.playground.send.quota import consume_quota
from dashboard.sending.wire_request import SendFailed
from dashboard.ui.page import page, wants_fragment
from routing.models import Worker
from routing.rules.override import addressable

TEMPLATE = "playground/compare/compare.html"
LISTED, STORED = 10, 100
"""Comparisons of one person, on the page and in the database."""


@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    """The request in the address, ready to be compared; by POST, the three sends."""
    sent = request.POST if request.method == "POST" else request.GET
    name = sent.get("worker", "")
    worker = get_object_or_404(Worker, name=name) if name else Worker.objects.first()
    if worker is None:
        return page(request, TEMPLATE, {})
    shown = _start_page(request, worker)
    if request.method == "GET":
        return page(request, TEMPLATE, vars(shown))
    refused = refusal(request, shown.typed) or _nothing_to_compare(worker, shown.standings)
    result = refused or _send(request, worker, shown.typed, shown.standings)
    if isinstance(result, tuple):
        status, *failed = result
        failure = replace(shown, failed=(failed[0], failed[1]))
        return page(request, TEMPLATE, vars(failure), partial="answer", status=status)
    place = reverse("playground:compared", args=[result.pk])
    return HttpResponseClientRedirect(place) if wants_fragment(request) else redirect(place)


@require_GET
def compared(request: HttpRequest, id: UUID) -> HttpResponse:
    """A stored comparison, for everyone with the link."""
    row = get_object_or_404(Compared.objects.select_related("person"), pk=id)
    return page(request, TEMPLATE, vars(compared_page(row, request.GET)), partial="compared")


def _start_page(request: HttpRequest, worker: Worker) -> StartPage:
    typed = typed_in(request, worker)
    fields = typed.stored()
    return StartPage(
        worker=worker,
        of=worker.name,
        typed=typed,
        fields=fields,
        edit_query=urlencode(fields),
        standings=live_versions(worker)[1],
        own=list(_own(request)[:LISTED]),
        can=permission(request.user, Role.OPERATOR),
    )


def _send(
    request: HttpRequest, worker: Worker, typed: TypedRequest, standings: list[Standing]
) -> Compared | Refusal:
    """Sends and stores, or returns why it did not."""
    candidate, stable = standings[0], standings[-1]
    try:
        wire = carried(typed.to_wire(one_edge(typed)), person(request).username, timezone.now())
    except SendFailed as error:
        return 502, error.title, str(error)
    if seconds := consume_quota(person(request), 3):
        return 429, messages.NOT_SENT, try_again(math.ceil(seconds))
    ids = str(stable.version.id), str(candidate.version.id)
    try:
        with SENDS.place(str(person(request).pk)), waiting(request):
            answers = three(wire, *ids, typed.secrets, cancellation(request))
    except NoPlace as error:
        return 429, messages.NOT_SENT, no_place("requests", error.own)
    return _stored(request, typed, (stable, candidate), answers)


def _stored(
    request: HttpRequest,
    typed: TypedRequest,
    pair: tuple[Standing, Standing],
    answers: list[StoredAnswer],
) -> Compared:
    row = Compared.objects.create(
        person=person(request),
        worker=typed.worker,
        request=typed.stored(),
        stood=[asdict(role_of(standing)) for standing in pair],
        answers=[asdict(answer) for answer in answers],
    )
    old = Compared.objects.filter(person=person(request)).values_list("pk", flat=True)
    Compared.objects.filter(pk__in=list(old[STORED : STORED + 50])).delete()
    return row


def _nothing_to_compare(worker: Worker, standings: list[Standing]) -> Refusal | None:
    if len(standings) < 2:
        live = f"{standings[0].word} {standings[0].version.short_id}" if standings else "Nothing"
        return 409, messages.ONE_VERSION, messages.STAGE_ANOTHER.format(live)
    if not addressable(worker.name):
        text = messages.NOT_ADDRESSABLE.format(worker.name)
        return 409, messages.NOT_COMPARABLE, text
    return None


def _own(request: HttpRequest) -> QuerySet[Compared]:
    return Compared.objects.filter(person=person(request)).defer("answers")
