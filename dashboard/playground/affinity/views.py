"""Version keys: which version each has, which move next; predicted, and checked on an edge."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse, QueryDict
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
from dashboard.playground import messages
from dashboard.playground.affinity.explorer import (
    STEPS,
    KeyPlace,
    Ramp,
    Step,
    generated_keys,
    places_of,
    read_keys,
    steps,
)
from dashboard.playground.disconnect import cancellation
from dashboard.playground.predict.predict import live_versions
from dashboard.playground.request.form import compose
from dashboard.playground.runs.runner import timed_send
from dashboard.playground.runs.statistics import Sent
from dashboard.playground.send.edges import one_edge
from dashboard.playground.send.quota import consume_quota
from dashboard.sending.deadline import within
from dashboard.sending.wire_request import SendFailed
from dashboard.ui.page import page
from routing.models import Worker
from routing.rules.split import format_percentage

TEMPLATE = "playground/affinity/explorer.html"
LISTED = 200
"""Rows on the page; the CSV has all."""
CHECKED = 50
ALL_SECONDS = 20.0
"""For all keys together: one answer that streams can take this long."""
LONGEST_LINK = 2_000


@dataclass(frozen=True)
class TypedKeys:
    """The form: keys, pasted or generated, and a note on lines that are not keys."""

    all_keys: list[str]
    text: str = ""
    note: str = ""
    generate: int = 0
    prefix: str = ""


@dataclass(frozen=True)
class KeyRow:
    """One key of the table: its version now and at each of `STEPS`."""

    place: KeyPlace
    now: Standing
    steps: list[Standing]


@dataclass(frozen=True)
class Mismatch:
    place: KeyPlace
    sent: Sent


@dataclass(frozen=True)
class EdgeCheck:
    """Either `failed` (title and text), or how many keys were sent and which ran elsewhere."""

    failed: tuple[str, str] | None = None
    checked: int = 0
    mismatches: tuple[Mismatch, ...] = ()


@dataclass(frozen=True)
class KeysPage:
    """Empty without a Worker. `ramp` and all below it need two live versions and keys."""

    workers: list[str]
    worker: Worker | None = None
    standings: tuple[Standing, ...] = ()
    typed: TypedKeys | None = None
    ramp: Ramp | None = None
    places: tuple[KeyPlace, ...] = ()
    rows: tuple[KeyRow, ...] = ()
    steps: tuple[tuple[Step, str], ...] = ()
    columns: tuple[int, ...] = STEPS
    hidden: int = 0
    moving: int = 0
    checkable: int = 0
    check: EdgeCheck | None = None
    link: str = ""


@sensitive_post_parameters("keys")
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """Pasted keys come by POST, as they may identify people; generated ones are in the address."""
    sent = request.POST if request.method == "POST" else request.GET
    name = sent.get("worker", "")
    worker = get_object_or_404(Worker, name=name) if name else Worker.objects.first()
    if worker is None:
        return page(request, TEMPLATE, vars(KeysPage([])))
    shown = _keys_page(worker, _typed(sent))
    if shown.ramp and sent.get("as") == "csv":
        return _csv(worker.name, shown.ramp, shown.places)
    if shown.ramp and request.method == "POST" and sent.get("as") == "check":
        shown = replace(shown, check=_check(request, worker, shown.places[:CHECKED]))
    return page(request, TEMPLATE, vars(shown), partial="explored")


def _typed(sent: QueryDict) -> TypedKeys:
    number, prefix = sent.get("generate", ""), sent.get("prefix", "user-")[:64].strip()
    if number.isascii() and number.isdigit() and not sent.get("keys", "").strip():
        made = generated_keys(int(number[:6]), prefix)
        return TypedKeys(made, generate=len(made), prefix=prefix)
    pasted, note = read_keys(sent.get("keys", ""))
    return TypedKeys(pasted, text="\n".join(pasted), note=note, prefix=prefix)


def _keys_page(worker: Worker, typed: TypedKeys) -> KeysPage:
    standings = live_versions(worker)[1]
    workers = list(Worker.objects.values_list("name", flat=True))
    start = KeysPage(workers, worker, tuple(standings), typed)
    if len(standings) != 2 or not typed.all_keys:
        return start
    ramp = _ramp(standings)
    places = tuple(places_of(typed.all_keys, ramp))
    return replace(
        start,
        ramp=ramp,
        places=places,
        rows=tuple(_row(place, ramp, standings) for place in places[:LISTED]),
        steps=tuple((s, _share(s.on_it, len(places))) for s in steps(typed.all_keys, ramp)),
        hidden=max(0, len(places) - LISTED),
        moving=sum(place.moves_next for place in places),
        checkable=min(len(places), CHECKED),
        link=_link(worker.name, typed),
    )


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f}%"


def _ramp(standings: Sequence[Standing]) -> Ramp:
    """The first of the two versions, which is not stable, is the raised one."""
    raised, other = standings
    return Ramp(
        raised=str(raised.version.id),
        other=str(other.version.id),
        raised_is_newer=raised.version.number > other.version.number,
        weight=raised.weight or 0,
    )


def _row(place: KeyPlace, ramp: Ramp, standings: Sequence[Standing]) -> KeyRow:
    raised, other = standings
    now = raised if place.now == ramp.raised else other
    return KeyRow(place, now, [raised if w >= place.joins_at else other for w in STEPS])


def _check(request: HttpRequest, worker: Worker, places: Sequence[KeyPlace]) -> EdgeCheck:
    """Sends GET with each key to an edge and compares the version that ran."""
    typed = compose(worker.name, {"path": request.POST.get("path", "/")})
    if typed.errors:
        return _not_checked(" ".join(typed.errors.values()))
    try:
        wire = typed.to_wire(one_edge(typed))
    except SendFailed as error:
        return EdgeCheck(failed=(error.title, str(error)))
    if seconds := consume_quota(person(request), len(places)):
        return _not_checked(try_again(math.ceil(seconds)))
    limit = within(ALL_SECONDS, cancellation(request))
    try:
        with SENDS.place(str(person(request).pk)), waiting(request):
            with limit as stop, ThreadPoolExecutor(8) as pool:
                sent = list(pool.map(lambda p: timed_send(wire.with_key(p.key), stop), places))
    except NoPlace as error:
        return _not_checked(no_place("requests", error.own))
    pairs = zip(places, sent, strict=True)
    mismatches = tuple(Mismatch(p, s) for p, s in pairs if s.version != p.now)
    return EdgeCheck(checked=len(places), mismatches=mismatches)


def _not_checked(text: str) -> EdgeCheck:
    return EdgeCheck(failed=(messages.NOT_CHECKED, text))


def _link(worker: str, typed: TypedKeys) -> str:
    """The address with these keys in it; empty when they are too many for one."""
    query: dict[str, str | int] = {"worker": worker}
    if typed.generate:
        query |= {"generate": typed.generate, "prefix": typed.prefix}
    else:
        query |= {"keys": typed.text}
    link = "?" + urlencode(query)
    return link if len(link) <= LONGEST_LINK else ""


def _csv(worker: str, ramp: Ramp, places: Sequence[KeyPlace]) -> HttpResponse:
    """All keys: version now, the percentage at which each joins, and the version at each step."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{worker}-keys.csv"'
    out = csv.writer(response)
    at = [f"at_{format_percentage(w).removesuffix('%')}" for w in STEPS]
    out.writerow(["key", "version_now", "joins_at_percent", "moves_next", *at])
    for p in places:
        joins = format_percentage(p.joins_at).removesuffix("%")
        versions = [ramp.raised if w >= p.joins_at else ramp.other for w in STEPS]
        moves = "yes" if p.moves_next else "no"
        out.writerow([_cell(p.key), p.now, joins, moves, *versions])
    return response


def _cell(text: str) -> str:
    # A spreadsheet would run such a text as a formula.
    return f"'{text}" if text[:1] in "=+-@\t" else text
