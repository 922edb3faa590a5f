"""The page *Reviews*."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.accounts.permissions import person
from dashboard.reviews.inbox.rows import DecidedRow, ProposalRow, decided_of, rows_of
from dashboard.reviews.proposals.deployment.emergency import unacknowledged_emergencies
from dashboard.reviews.proposals.models import UNDECIDED, Proposal, State
from dashboard.ui.page import page

SHOWS = {
    "waiting": "Waiting for me",
    "mine": "Requested by me",
    "open": "All open",
    "decided": "Decided",
}
SORTS = {"expires": "Expires first", "newest": "Newest first"}
LISTED = 50
LATELY = 5
VOID_STAYS = timedelta(days=1)
"""How long a void request stays in its author's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One filter of the list."""

    key: str
    words: str
    count: int
    here: bool


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`waiting` is the number of requests that wait for the reader, `soon` whether one of them
    expires soon; `worker` is empty for all."""

    show: str
    sort: str
    sorts: list[tuple[str, str]]
    worker: str
    workers: list[str]
    chips: list[Chip]
    groups: list[tuple[str, list[ProposalRow]]]
    waiting: int
    soon: bool
    decided: list[DecidedRow]
    emergencies: list[Proposal]
    now: datetime
    address: str


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """`?show=` waiting, mine, open, decided; `?worker=` one Worker; `?sort=` expires, newest."""
    now, user = timezone.now(), person(request)
    show = request.GET.get("show", "waiting")
    show = show if show in SHOWS else "waiting"
    worker, sort = request.GET.get("worker", "")[:63], request.GET.get("sort", "expires")
    rows = Proposal.objects.with_people()
    undecided = rows.filter(state__in=UNDECIDED).order_by(
        "-created_at" if sort == "newest" else "expires_at"
    )
    lately = rows.filter(author=user, state=State.VOID, ended_at__gte=now - VOID_STAYS)
    listed = rows_of([*undecided, *lately.order_by("-ended_at")[:LATELY]], user, now)
    ended = rows.exclude(state__in=UNDECIDED).order_by("-ended_at")
    matching = [row for row in listed if not worker or row.proposal.worker.name == worker]
    context = InboxPage(
        show=show,
        sort=sort if sort in SORTS else "expires",
        sorts=list(SORTS.items()),
        worker=worker,
        workers=sorted({row.proposal.worker.name for row in listed}),
        chips=_chips(listed, show, ended.count()),
        groups=_groups(matching, show),
        waiting=sum(row.waits_for_me for row in listed),
        soon=any(row.soon and row.waits_for_me for row in listed),
        decided=decided_of(ended[: LISTED if show == "decided" else LATELY]),
        emergencies=unacknowledged_emergencies(),
        now=now,
        address=request.get_full_path(),
    )
    return page(request, "reviews/inbox.html", context, partial="reviews")


def _chips(rows: list[ProposalRow], show: str, decided: int) -> list[Chip]:
    counts = {
        "waiting": sum(row.waits_for_me for row in rows),
        "mine": sum(row.mine for row in rows),
        "open": sum(row.proposal.undecided for row in rows),
        "decided": decided,
    }
    return [
        Chip(key=key, words=words, count=counts[key], here=key == show)
        for key, words in SHOWS.items()
    ]


def _groups(rows: list[ProposalRow], show: str) -> list[tuple[str, list[ProposalRow]]]:
    """The groups of the filter `show`, without empty ones."""
    waiting = [row for row in rows if row.waits_for_me]
    mine = [row for row in rows if row.mine and not row.waits_for_me]
    others = [row for row in rows if not row.mine and not row.waits_for_me]
    groups = [("Waiting for you", waiting), ("Requested by you", mine), ("Others", others)]
    selected = {"waiting": groups[:1], "mine": groups[1:2], "open": groups, "decided": []}[show]
    return [(words, group[:LISTED]) for words, group in selected if group]
