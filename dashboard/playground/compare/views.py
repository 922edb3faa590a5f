"""Compare: the same request at stable twice and at the candidate once, and what differs."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person
from dashboard.comparison import wording as words
from dashboard.comparison.compare import Comparison, compare as held
from dashboard.fleet.version_roles import Standing
from dashboard.limits.answers import waiting
from dashboard.limits.limits import SENDS
from dashboard.limits.messages import no_place, try_again
from dashboard.limits.places import NoPlace
from dashboard.overrides.carry import carried
from dashboard.playground.compare.models import Compared
from dashboard.playground.compare.three_sends import Kept, three
from dashboard.playground.disconnect import cancellation
from dashboard.playground.predict.predict import live_versions
from dashboard.playground.request.form import PRIVATE, typed_in
from dashboard.playground.runs.report import Stood
from dashboard.playground.runs.views import refusal, repeatable, stood_of
from dashboard.playground.send.quota import consume_quota
from dashboard.sending.wire_request import SendFailed, proof_edge
from dashboard.ui.page import page, wants_fragment
from routing.models import Version, Worker
from routing.rules.override import addressable

TEMPLATE = "playground/compare/compare.html"
MOST = 100
"""Comparisons of one person that are kept."""

Refused = tuple[int, str, str]


@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    """The request in the address, ready to be compared; by POST, the three are sent."""
    sent = request.POST if request.method == "POST" else request.GET
    name = sent.get("worker", "")
    worker = get_object_or_404(Worker, name=name) if name else Worker.objects.first()
    if worker is None:
        return page(request, TEMPLATE, {})
    typed = typed_in(request, worker)
    standings = live_versions(worker)[1]
    context = {
        "worker": worker,
        "of": worker.name,
        "typed": typed,
        "fields": typed.stored(),
        "standings": standings,
        "own": _own(request)[:10],
        "can": permission(request.user, Role.OPERATOR),
    }
    if request.method == "GET":
        return page(request, TEMPLATE, context)
    refused = refusal(request, typed) or _nothing_to_compare(worker, standings)
    kept = refused or _send(request, worker, typed, standings)
    if isinstance(kept, tuple):
        status, *failed = kept
        return page(
            request, TEMPLATE, context | {"failed": failed}, partial="answer", status=status
        )
    place = reverse("playground:compared", args=[kept.pk])
    return HttpResponseClientRedirect(place) if wants_fragment(request) else redirect(place)


@require_GET
def compared(request: HttpRequest, id: UUID) -> HttpResponse:
    """A comparison that was made; `on` names the masks that stay on, if any were chosen."""
    kept = get_object_or_404(Compared.objects.select_related("person"), pk=id)
    answers = [Kept(**(answer | {"headers": _pairs(answer)})) for answer in kept.answers]
    stood = [Stood(**s) for s in kept.stood]
    context: dict[str, Any] = {
        "kept": kept,
        "of": kept.worker,
        "answers": answers,
        "stood": stood,
        "fields": kept.request,
        "masked": not repeatable(kept.request),
        "strayed": [a for a in answers if a.status and not a.as_pinned],
        "unanswered": [a for a in answers if not a.status],
        "cut": [a for a in answers if a.ended_by],
    }
    if all(a.status for a in answers):
        context |= _shown(request, kept, answers, stood)
    return page(request, TEMPLATE, context, partial="compared")


def _shown(
    request: HttpRequest, kept: Compared, answers: list[Kept], stood: list[Stood]
) -> dict[str, Any]:
    names = [_names(s.id) for s in stood]
    first, second, candidate = (
        answer.side(names[k]) for answer, k in zip(answers, (0, 0, 1), strict=True)
    )
    found = held(first, second, candidate, frozenset())
    if "chosen" in request.GET:
        on = set(request.GET.getlist("on"))
        off = frozenset(f.mask for f in found.masked) - on
        found = held(first, second, candidate, off)
    return {"found": found, "verdict": words.verdict(found), **_lines(found)}


def _lines(found: Comparison) -> dict[str, Any]:
    told = [(f, words.place(f), words.sentence(f)) for f in found.found]
    return {
        "real": [t for t in told if not t[0].masked],
        "maskable": [t for t in told if t[0].reason],
        "body_lines": words.marked(found.rows, found.found, "body"),
        "header_lines": words.marked(found.header_rows, found.found, "header"),
        "more_lines": max(0, len(found.rows) - words.SHOWN),
        "headers_differ": found.real_in("header"),
        "body_differs": found.real_in("body"),
        "status_differs": found.real_in("status"),
    }


def _send(
    request: HttpRequest, worker: Worker, typed: Any, standings: list[Standing]
) -> Compared | Refused:
    """Three sends and the row that keeps them, or why nothing was sent."""
    stable, candidate = _both(standings)
    try:
        wire = carried(typed.to_wire(proof_edge()), person(request).username, timezone.now())
    except SendFailed as error:
        return 502, error.title, str(error)
    if wait := consume_quota(person(request), 3):
        return 429, "Not sent", try_again(math.ceil(wait))
    ids = str(stable.version.id), str(candidate.version.id)
    try:
        with SENDS.place(str(person(request).pk)), waiting(request):
            answers = three(wire, *ids, typed.secrets, cancellation(request))
    except NoPlace as error:
        return 429, "Not sent", no_place("requests", error.own)
    kept = Compared.objects.create(
        person=person(request),
        worker=worker.name,
        request=typed.stored(),
        stood=[asdict(stood_of(s)) for s in (stable, candidate)],
        answers=[asdict(a) for a in answers],
    )
    old = Compared.objects.filter(person=person(request)).values_list("pk", flat=True)
    Compared.objects.filter(pk__in=list(old[MOST : MOST + 50])).delete()
    return kept


def _nothing_to_compare(worker: Worker, standings: list[Standing]) -> Refused | None:
    if len(standings) < 2:
        live = f"{standings[0].word} {standings[0].version.short_id}" if standings else "Nothing"
        detail = f"{live} answers everything. Stage another version at 0% to try it with overrides."
        return 409, "Only one version is live", detail
    if not addressable(worker.name):
        detail = f"{worker.name} cannot be named in an override header, so nothing can be pinned."
        return 409, "Cannot be compared", detail
    return None


def _both(standings: list[Standing]) -> tuple[Standing, Standing]:
    """Stable and the other one: bars show the candidate first."""
    return standings[-1], standings[0]


def _names(version_id: str) -> tuple[str, ...]:
    """What a version may call itself: id, short id, tag, time of upload."""
    found = Version.objects.filter(id=version_id).only("id", "tag", "created_on").first()
    tag = found.tag if found else ""
    made = found.created_on.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if found else ""
    return version_id, version_id[:8], tag, made


def _pairs(answer: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in answer["headers"])


def _own(request: HttpRequest) -> Any:
    return Compared.objects.filter(person=person(request)).defer("answers")
