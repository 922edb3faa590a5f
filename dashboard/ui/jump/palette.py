"""Search or jump to (Ctrl K): verbs, Workers, versions by id or tag, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_GET

from dashboard.ui.context import navigation
from dashboard.ui.jump.matching import corrected, score, words_of
from dashboard.ui.jump.verbs import GENERAL, OF_A_WORKER, Verb
from dashboard.ui.page import page
from routing.models import Version, Worker

MOST = 6
"""Workers, and versions, in the results."""
TARGETS = 4
"""Workers that one verb is offered for."""
LINES = 14
LONGEST = 100
OF_THE_PAGE = 6
"""Bonus for results about the Worker whose page is open."""

_START_OF_ID = re.compile(r"[0-9a-f][0-9a-f-]{1,35}")
_NUMBER = re.compile(r"#?v?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Jump:
    """One result: `words` name it, `more` is its kind."""

    icon: str
    words: str
    more: str
    url: str


@dataclass(frozen=True, slots=True)
class PalettePage:
    q: str
    jumps: Sequence[Jump]


Scored = tuple[int, Jump]
Source = Callable[[HttpRequest, Sequence[str]], Iterable[Scored]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Adds results of a room above, for the words that were typed (none: before typing)."""
    if source not in _sources:
        _sources.append(source)


@require_GET
def palette(request: HttpRequest) -> HttpResponse:
    """The page, and for the dialog on every page its list."""
    typed = request.GET.get("q", "").strip()[:LONGEST]
    context = PalettePage(typed, jumps(request, typed))
    return page(request, "ui/palette.html", context, partial="palette-results")


def jumps(request: HttpRequest, typed: str) -> list[Jump]:
    """Results that match all typed words, best first. If there are none, misspelled words are
    corrected."""
    here = _worker_of_the_page(request)
    names = list(Worker.objects.order_by("-changed_revision").values_list("name", flat=True))
    if here in names:
        names.remove(here)
        names.insert(0, here)
    else:
        here = ""
    words = words_of(typed)
    if not words:
        return _suggested(request, names, here)
    results = [
        *_matches(request, words, names, here),
        *_versions(typed),
        *_registered(request, words),
    ]
    if not results:
        vocabulary = {word for name in names for word in words_of(name)}
        vocabulary |= {word for verb in (*OF_A_WORKER, *GENERAL) for word in words_of(verb.text)}
        results = list(_matches(request, corrected(words, vocabulary), names, here))
    results.sort(key=lambda result: -result[0])
    return [jump for _, jump in results[:LINES]]


def _suggested(request: HttpRequest, names: Sequence[str], here: str) -> list[Jump]:
    """Before anything is typed: verbs for the page's Worker, Workers, pages."""
    verbs = [_jump(verb, here) for verb in _allowed(request, OF_A_WORKER)] if here else []
    pages = [jump for _, jump in _pages(request, [])]
    more = [jump for _, jump in _registered(request, [])]
    return [*verbs[:MOST], *map(_worker, names[:MOST]), *more, *pages]


def _matches(
    request: HttpRequest, words: Sequence[str], names: Sequence[str], here: str
) -> Iterator[Scored]:
    fits = [(score(words, name), name) for name in names]
    fits = sorted((one for one in fits if one[0]), key=lambda one: -one[0])[:MOST]
    for points, name in fits:
        yield points + 2 + OF_THE_PAGE * (name == here), _worker(name)
        if len(fits) <= 2:
            yield from ((points, _jump(v, name)) for v in _allowed(request, OF_A_WORKER)[:MOST])
    for verb in _allowed(request, OF_A_WORKER):
        yield from _targets(verb, words, names, here)
    for verb in _allowed(request, GENERAL):
        if points := score(words, verb.text):
            yield points + 1, _jump(verb)
    yield from _pages(request, words)


def _targets(verb: Verb, words: Sequence[str], names: Sequence[str], here: str) -> Iterator[Scored]:
    """The verb for the Workers that the other words name; for the page's own if there are none."""
    own = [word for word in words if score([word], verb.text)]
    others = [word for word in words if word not in own]
    if not own:
        return
    points = score(own, verb.text)
    if not others:
        for name in [here] if here else names[:TARGETS]:
            yield points + OF_THE_PAGE * bool(here), _jump(verb, name)
        return
    fits = ((score(others, name), name) for name in names)
    best = sorted((one for one in fits if one[0]), key=lambda one: -one[0])[:TARGETS]
    yield from ((points + more + OF_THE_PAGE * (n == here), _jump(verb, n)) for more, n in best)


def _versions(typed: str) -> Iterator[Scored]:
    """By the start of an id or tag, or by number; other words name the Worker."""
    words = typed.split()
    if not words or len(typed) < 2:
        return
    queries = [_is_version(word) & _of_worker([o for o in words if o != word]) for word in words]
    rows = Version.objects.filter(reduce(or_, queries)).select_related("worker")
    rows = rows.order_by("-created_on").only("id", "number", "tag", "worker__name")
    for row in rows[:MOST]:
        words_ = " ".join(filter(None, [f"#{row.number}", row.short_id, row.tag]))
        url = reverse("workers:version", args=[row.worker.name, row.pk])
        yield 3 * len(words), Jump("box", words_, f"Version of {row.worker.name}", url)


def _is_version(word: str) -> Q:
    fits = Q(tag__istartswith=word) if len(word) > 1 else Q(pk__in=[])
    if _START_OF_ID.fullmatch(word.lower()):
        fits |= Q(id__startswith=word.lower())
    if word.startswith("#") and (number := _NUMBER.fullmatch(word)):
        fits |= Q(number=int(number[1]))
    return fits


def _of_worker(words: Sequence[str]) -> Q:
    return reduce(lambda fits, word: fits & Q(worker__name__icontains=word), words, Q())


def _registered(request: HttpRequest, words: Sequence[str]) -> Iterator[Scored]:
    for source in _sources:
        yield from source(request, words)


def _pages(request: HttpRequest, words: Sequence[str]) -> Iterator[Scored]:
    for entry in navigation(request.path):
        points = score(words, entry["word"])
        if points or not words:
            yield points + 1, Jump(entry["icon"], entry["word"], "Page", entry["url"])


def _allowed(request: HttpRequest, verbs: Sequence[Verb]) -> list[Verb]:
    user: Any = request.user
    return [verb for verb in verbs if user.may(verb.role)]


def _jump(verb: Verb, worker: str = "") -> Jump:
    return Jump(verb.icon, verb.words.replace("{}", worker), verb.kind, verb.url(worker))


def _worker(name: str) -> Jump:
    return Jump("layers", name, "Worker", reverse("workers:detail", args=[name]))


def _worker_of_the_page(request: HttpRequest) -> str:
    """The Worker whose page the palette was opened on; "" elsewhere. Only ever compared."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    address = urlsplit(htmx.current_url_abs_path or "")
    try:
        match = resolve(address.path)
    except Resolver404:
        return ""
    if "slug" in match.kwargs:
        return ""  # another account's Worker, whose name may be that of one here
    if match.view_name == "playground:playground":
        return parse_qs(address.query).get("worker", [""])[0]
    return str(match.kwargs.get("name", ""))
