"""Search or jump to: Workers, versions by the start of their id or tag, pages and actions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from dashboard.ui.context import navigation
from dashboard.ui.page import page
from routing.models import Version, Worker

MOST = 6
LONGEST = 100
_START_OF_ID = re.compile(r"[0-9a-f][0-9a-f-]{1,35}")


@dataclass(frozen=True, slots=True)
class Jump:
    """One line: `words` are what it is, `more` what kind of thing."""

    icon: str
    words: str
    more: str
    url: str


@require_GET
def palette(request: HttpRequest) -> HttpResponse:
    """The page, and for the dialog on every page its list."""
    typed = request.GET.get("q", "").strip()[:LONGEST]
    context = {"q": typed, "jumps": jumps(request, typed)}
    return page(request, "ui/palette.html", context, partial="palette-results")


def jumps(request: HttpRequest, typed: str) -> list[Jump]:
    """What fits: Workers and their actions first, then versions, then pages."""
    found = _workers(typed)
    return [*found, *_versions(typed), *_pages(request, typed)]


def _workers(typed: str) -> list[Jump]:
    names = list(Worker.objects.filter(name__icontains=typed).values_list("name", flat=True)[:MOST])
    found = [Jump("layers", n, "Worker", reverse("workers:detail", args=[n])) for n in names]
    if typed and len(names) <= 2:
        found += [action for name in names for action in _actions(name)]
    return found


def _actions(name: str) -> list[Jump]:
    playground = f"{reverse('playground:playground')}?worker={quote(name)}"
    return [
        Jump("send", f"Send a request to {name}", "Playground", playground),
        Jump(
            "split", f"Change the split of {name}", "Deploy", reverse("workers:split", args=[name])
        ),
        Jump("undo-2", f"Roll back {name}", "Deploy", reverse("workers:rollback", args=[name])),
    ]


def _versions(typed: str) -> list[Jump]:
    if len(typed) < 2:
        return []
    fits = Q(tag__istartswith=typed)
    if _START_OF_ID.fullmatch(typed.lower()):
        fits |= Q(id__startswith=typed.lower())
    rows = Version.objects.filter(fits).select_related("worker").order_by("-created_on")
    rows = rows.only("id", "number", "tag", "worker__name")
    return [_version(row) for row in rows[:MOST]]


def _version(row: Version) -> Jump:
    words = " ".join(filter(None, [f"#{row.number}", row.short_id, row.tag]))
    url = reverse("workers:version", args=[row.worker.name, row.pk])
    return Jump("box", words, f"Version of {row.worker.name}", url)


def _pages(request: HttpRequest, typed: str) -> list[Jump]:
    return [
        Jump(entry["icon"], entry["word"], "Page", entry["url"])
        for entry in navigation(request.path)
        if typed.lower() in entry["word"].lower()
    ]
