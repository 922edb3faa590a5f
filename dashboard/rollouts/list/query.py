"""Filters and order of the list: rollouts that need a person first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Case, IntegerField, Q, Value, When

from dashboard.accounts.models import User
from dashboard.rollouts.decisions.states import ENDED, State
from dashboard.rollouts.models import Rollout, RolloutQuerySet
from dashboard.rollouts.progress import ENDED_STATES
from dashboard.rollouts.remote.models import RemoteRollout, RemoteRolloutQuerySet

NEEDS_A_PERSON = (State.NEEDS_ATTENTION, State.HELD, State.REVIEW)
LONGEST = 100
MOST_REMOTE = 50
SHOWS: Final[Mapping[str, str]] = {
    "running": "Running",
    "attention": "Needs a person",
    "ended": "Ended",
    "all": "All",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "": "Any state",
    State.DONE.value: "Done",
    State.ROLLED_BACK.value: "Rolled back",
    State.ABORTED.value: "Aborted",
}


@dataclass(frozen=True, slots=True)
class RolloutFilter:
    """`show` is one of `SHOWS`, `state` an end; `q` is part of a Worker's name, a version's number
    or tag; `mine` limits to the reader's own."""

    show: str = "running"
    state: str = ""
    q: str = ""
    mine: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> RolloutFilter:
        """Ignores invalid values."""
        show, state = query.get("show", "running"), query.get("state", "")
        return cls(
            show=show if show in SHOWS else "running",
            state=state if state in OUTCOMES else "",
            q=query.get("q", "").strip()[:LONGEST],
            mine="1" if query.get("mine") else "",
        )

    def as_query(self) -> dict[str, str]:
        """Query parameters."""
        return {name: value for name, value in asdict(self).items() if value}

    def address(self, **changes: str) -> str:
        return "?" + urlencode(replace(self, **changes).as_query())


def rollouts_for(filters: RolloutFilter, reader: User) -> RolloutQuerySet:
    """In the order of the page: needs a person, running, ended."""
    rows = narrowed(Rollout.objects.with_versions(), filters)
    if filters.mine:
        rows = rows.filter(owner=reader)
    return rows.order_by(_urgency(), "-started_at", "pk")


def narrowed(rows: RolloutQuerySet, filters: RolloutFilter) -> RolloutQuerySet:
    """`rows` with all filters but `mine`."""
    if filters.show == "running":
        rows = rows.active()
    if filters.show == "attention":
        rows = rows.filter(state__in=[state.value for state in NEEDS_A_PERSON])
    if filters.show == "ended":
        rows = rows.filter(state__in=[state.value for state in sorted(ENDED)])
    if filters.state:
        rows = rows.filter(state=filters.state)
    return rows.filter(_matches(filters.q)) if filters.q else rows


def remote_rollouts_for(filters: RolloutFilter, reader: User) -> RemoteRolloutQuerySet:
    """Those of Workers of connected accounts, by the same filters; the newest `MOST_REMOTE`."""
    rows = RemoteRollout.objects.with_account()
    if filters.show == "running":
        rows = rows.active()
    if filters.show == "attention":
        rows = rows.filter(state__in=[state.value for state in NEEDS_A_PERSON])
    if filters.show == "ended":
        rows = rows.filter(state__in=ENDED_STATES)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.q:
        rows = rows.filter(worker_name__icontains=filters.q)
    if filters.mine:
        rows = rows.filter(owner=reader)
    return rows.order_by(_urgency(), "-started_at", "pk")[:MOST_REMOTE]


def _matches(text: str) -> Q:
    matches = Q(worker__name__icontains=text) | Q(candidate__tag__icontains=text)
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 10:
        matches |= Q(candidate__number=int(number))
    return matches


def _urgency() -> Case:
    """Rank of the state: smaller needs a person sooner."""
    first = [When(state=state.value, then=Value(rank)) for rank, state in enumerate(NEEDS_A_PERSON)]
    ended = When(state__in=[state.value for state in sorted(ENDED)], then=Value(9))
    return Case(*first, ended, default=Value(5), output_field=IntegerField())


class CountedRows(Sequence[Rollout]):
    """Counted by the database and loaded one page at a time."""

    def __init__(self, rows: RolloutQuerySet) -> None:
        self._rows, self._count = rows, rows.count()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return list(self._rows[at]) if isinstance(at, slice) else self._rows[at]
