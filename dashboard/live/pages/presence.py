"""Who has a page about a Worker open: two people who are about to deploy know of each other.

Rows, because people look through different processes; they lapse by themselves when a process is
killed. Each process looks once a second whether they changed, and then reads them once for all its
viewers: an arrival costs one row, however many look already.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Max, Min
from django.template.loader import get_template
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.live.models import Presence

LASTS = timedelta(seconds=45)
RENEW_EVERY = 15
"""Looks of an audience, of a second each, between renewals."""
SHOWN = 3
"""Names that a page may need; the others are a number."""
_KIND = "worker:"


@dataclass(frozen=True, slots=True)
class Others:
    """Other viewers of a Worker: the first `SHOWN` names, and their number."""

    names: tuple[str, ...] = ()
    count: int = 0

    @property
    def more(self) -> int:
        """Those behind the two that a sentence names."""
        return self.count - 2

    @property
    def unnamed(self) -> int:
        """Those behind `names`, which a list shows."""
        return self.count - len(self.names)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody who looks at a Worker, each once, in the order in which they came."""

    names: tuple[str, ...] = ()

    def beside(self, name: str, shown: int = SHOWN) -> Others:
        """The others, for a person who may be one of them."""
        first = tuple(n for n in self.names[: shown + 1] if n != name)[:shown]
        return Others(first, len(self.names) - (name in self.names))


def about(followed: str) -> str:
    """The Worker of this topic; "" for topics without presence."""
    return followed.removeprefix(_KIND) if followed.startswith(_KIND) else ""


def arrive(person: User, worker: str) -> UUID:
    """Opened a page about `worker`; the answer is for `renew` and `leave`."""
    until = timezone.now() + LASTS
    return Presence.objects.create(person=person, worker=worker, until=until).pk


def leave(presences: Collection[UUID]) -> None:
    """Closed them."""
    Presence.objects.filter(id__in=presences).delete()


def renew(presences: Collection[UUID]) -> None:
    """Renews open pages and removes expired ones."""
    now = timezone.now()
    Presence.objects.filter(id__in=presences).update(until=now + LASTS)
    Presence.objects.filter(until__lt=now).delete()


def states(workers: Collection[str]) -> dict[str, Hashable]:
    """By Worker, a value that changes when a viewer arrives or leaves. One query."""
    rows = Presence.objects.filter(worker__in=workers, until__gte=timezone.now())
    counted = rows.values("worker").annotate(n=Count("pk"), latest=Max("since")).order_by()
    found = {row["worker"]: (row["n"], row["latest"]) for row in counted}
    return {worker: found.get(worker) for worker in workers}


def crowds(workers: Collection[str]) -> Mapping[str, Crowd]:
    """By Worker, who looks at it. One query."""
    rows = Presence.objects.filter(worker__in=workers, until__gte=timezone.now())
    names = rows.values_list("worker", "person__username").annotate(came=Min("since"))
    by_worker: dict[str, list[str]] = {worker: [] for worker in workers}
    for worker, name, _ in names.order_by("came"):
        by_worker[worker].append(name)
    return {worker: Crowd(tuple(found)) for worker, found in by_worker.items()}


def others(person: User, worker: str, shown: int = SHOWN) -> Others:
    """Who looks at `worker` beside `person`."""
    return crowds([worker])[worker].beside(person.username, shown)


def rendered(found: Others) -> str:
    """The part of a page that names the others."""
    return get_template("live/_here.html").render({"others": found})
