"""Affinity explorer: whom keys are pinned to, who moves next; predicted, and asked of the edge."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.accounts.permissions import person
from dashboard.fleet.version_roles import Standing
from dashboard.limits.answers import waiting
from dashboard.limits.limits import SENDS
from dashboard.limits.messages import no_place, try_again
from dashboard.limits.places import NoPlace
from dashboard.playground.affinity.explorer import (
    STEPS,
    Pinned,
    Ramp,
    generated,
    pin,
    read_keys,
    steps,
)
from dashboard.playground.disconnect import cancellation
from dashboard.playground.pages import page_context
from dashboard.playground.request.compose import compose
from dashboard.playground.request.wire_request import build
from dashboard.playground.runs.runner import once
from dashboard.playground.runs.statistics import Sent
from dashboard.playground.send.quota import take
from dashboard.sending.deadline import within
from dashboard.sending.wire_request import SendFailed, proof_edge
from dashboard.ui.page import page
from routing.models import Worker
from routing.rules.split import format_percentage

TEMPLATE = "playground/affinity/explorer.html"
SHOWN = 200
"""Rows on the page; the CSV has all."""
CHECKED = 50
ALL_SECONDS = 20.0
"""For all keys together: a Worker that streams would take this long for each."""
LONGEST_LINK = 2_000


@sensitive_post_parameters("keys")
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """Pasted keys come by POST, as they may name people; generated ones stand in the address."""
    sent = request.POST if request.method == "POST" else request.GET
    name = sent.get("worker", "")
    worker = get_object_or_404(Worker, name=name) if name else Worker.objects.first()
    workers = Worker.objects.values_list("name", flat=True)
    if worker is None:
        return page(request, TEMPLATE, {})
    standings = page_context.live(worker)[1]
    context: dict[str, Any] = {"workers": workers, "worker": worker, "standings": standings}
    context |= _typed(sent)
    if len(standings) == 2 and context["all_keys"]:
        context |= _explored(context["all_keys"], standings)
        if sent.get("as") == "csv":
            return _csv(worker.name, context)
        if request.method == "POST" and sent.get("as") == "check":
            context |= _check(request, worker, context)
        context["link"] = _link(worker.name, context)
    return page(request, TEMPLATE, context, partial="explored")


def _typed(sent: Any) -> dict[str, Any]:
    """The keys, pasted or generated, and what was left out."""
    number, prefix = sent.get("generate", ""), sent.get("prefix", "user-")[:64].strip()
    if number.isascii() and number.isdigit() and not sent.get("keys", "").strip():
        made = generated(int(number[:6]), prefix)
        return {"all_keys": made, "text": "", "generate": len(made), "prefix": prefix}
    found, note = read_keys(sent.get("keys", ""))
    return {"all_keys": found, "text": "\n".join(found), "note": note, "prefix": prefix}


def _ramp(standings: list[Standing]) -> Ramp:
    """Bars show the candidate first: it is the one that is raised."""
    raised, other = standings
    return Ramp(
        raised=str(raised.version.id),
        other=str(other.version.id),
        raised_is_newer=raised.version.number > other.version.number,
        weight=raised.weight or 0,
    )


def _explored(found: Sequence[str], standings: list[Standing]) -> dict[str, Any]:
    ramp = _ramp(standings)
    pinned = pin(found, ramp)
    return {
        "ramp": ramp,
        "pinned": pinned,
        "rows": [(p, _held(p, ramp, standings)) for p in pinned[:SHOWN]],
        "hidden": max(0, len(pinned) - SHOWN),
        "moving": sum(p.moves_next for p in pinned),
        "steps": [(s, f"{100 * s.on_it / len(found):.1f}%") for s in steps(found, ramp)],
        "columns": STEPS,
        "checkable": min(len(pinned), CHECKED),
        "by_id": {str(s.version.id): s for s in standings},
    }


def _held(pinned: Pinned, ramp: Ramp, standings: list[Standing]) -> dict[str, Any]:
    """The standing that a key has now and at each step."""
    raised, other = standings
    now = raised if pinned.now == ramp.raised else other
    return {"now": now, "steps": [raised if w >= pinned.joins_at else other for w in STEPS]}


def _check(request: HttpRequest, worker: Worker, context: dict[str, Any]) -> dict[str, Any]:
    """Asks the edge about the first keys: GET / with each, and which version answered."""
    asked: list[Pinned] = context["pinned"][:CHECKED]
    path = request.POST.get("path", "/")
    composed = compose(worker.name, {"path": path})
    if composed.errors:
        return {"failed": ("Not asked", " ".join(composed.errors.values()))}
    try:
        wire = build(composed, proof_edge())
    except SendFailed as error:
        return {"failed": (error.title, str(error))}
    if wait := take(person(request), len(asked)):
        return {"failed": ("Not asked", try_again(math.ceil(wait)))}
    limit = within(ALL_SECONDS, cancellation(request))
    try:
        with SENDS.place(str(person(request).pk)), waiting(request):
            with limit as stop, ThreadPoolExecutor(8) as pool:
                sent = list(pool.map(lambda p: once(wire.with_key(p.key), stop), asked))
    except NoPlace as error:
        return {"failed": ("Not asked", no_place("requests", error.own))}
    return _compared(asked, sent, context["by_id"])


def _compared(
    asked: Sequence[Pinned], sent: Sequence[Sent], by_id: dict[str, Standing]
) -> dict[str, Any]:
    wrong = [
        (p, by_id.get(p.now), s) for p, s in zip(asked, sent, strict=True) if s.version != p.now
    ]
    return {"asked_edge": len(asked), "wrong": wrong, "agree": len(asked) - len(wrong)}


def _link(worker: str, context: dict[str, Any]) -> str:
    """The address with these keys in it; empty when they are too many for one."""
    if "generate" in context:
        query = {"worker": worker, "generate": context["generate"], "prefix": context["prefix"]}
    else:
        query = {"worker": worker, "keys": context["text"]}
    link = "?" + urlencode(query)
    return link if len(link) <= LONGEST_LINK else ""


def _csv(worker: str, context: dict[str, Any]) -> HttpResponse:
    """All keys: version now, the percentage at which each joins, and the version at each step."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{worker}-keys.csv"'
    ramp: Ramp = context["ramp"]
    out = csv.writer(response)
    at = [f"at_{format_percentage(w).removesuffix('%')}" for w in STEPS]
    out.writerow(["key", "version_now", "joins_at_percent", "moves_next", *at])
    for p in context["pinned"]:
        joins = format_percentage(p.joins_at).removesuffix("%")
        held = [ramp.raised if w >= p.joins_at else ramp.other for w in STEPS]
        out.writerow([_cell(p.key), p.now, joins, "yes" if p.moves_next else "no", *held])
    return response


def _cell(text: str) -> str:
    # A spreadsheet would run such a text as a formula.
    return f"'{text}" if text[:1] in "=+-@\t" else text
