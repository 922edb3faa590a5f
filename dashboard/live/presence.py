"""Who has a page about a Worker open: told to the others who do, so that two people who are about
to deploy know of each other. Rows, because people look through different processes; they lapse by
themselves when a process is killed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.template.loader import get_template
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.live.models import Presence

LASTS = timedelta(seconds=45)
RENEW_EVERY = 15
"""Looks of an audience, of a second each, between renewals."""
_KIND = "worker:"


def topic(worker: str) -> str:
    """What pages about `worker` follow."""
    return _KIND + worker


def about(followed: str) -> str:
    """The Worker whose pages follow this topic; "" for others, where nobody is told of."""
    return followed.removeprefix(_KIND) if followed.startswith(_KIND) else ""


def arrive(person: User, worker: str) -> UUID:
    """Opened a page about `worker`; the answer is for `renew` and `leave`."""
    until = timezone.now() + LASTS
    return Presence.objects.create(person=person, worker=worker, until=until).pk


def leave(presences: Collection[UUID]) -> None:
    """Closed them."""
    Presence.objects.filter(id__in=presences).delete()


def renew(presences: Collection[UUID]) -> set[str]:
    """They are still open. The Workers of which somebody was forgotten meanwhile, who had not left
    in good order."""
    now = timezone.now()
    Presence.objects.filter(id__in=presences).update(until=now + LASTS)
    lapsed = Presence.objects.filter(until__lt=now)
    workers = set(lapsed.values_list("worker", flat=True))
    if workers:
        lapsed.delete()
    return workers


def others(person: User, worker: str) -> list[str]:
    """The names of those who look at `worker` too, in the order in which they came, each once."""
    found = Presence.objects.filter(worker=worker, until__gte=timezone.now())
    names = (
        found.exclude(person=person).order_by("since").values_list("person__username", flat=True)
    )
    return list(dict.fromkeys(names))


def here(person: User, worker: str) -> str:
    """The part of `person`'s page that names the others."""
    return get_template("live/_here.html").render({"others": others(person, worker)})
