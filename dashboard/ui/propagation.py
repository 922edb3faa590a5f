"""The propagation meter: which edges have a revision, how long it took, who lags and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, QuerySet
from django.utils import timezone

from dashboard.ui.templatetags.words import duration
from routing import revision as revisions
from routing.models import Edge, Propagation

#: An edge reports every few seconds; one that says nothing for this long is silent.
SILENT_AFTER = timedelta(seconds=15)
#: Documentation promises "up to a couple of seconds"; what takes longer is late.
LATE_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Cell:
    """One edge: `state` is applied, waiting, late or silent."""

    edge: str
    state: str
    revision: int
    took_ms: int | None = None
    silent_for: timedelta | None = None

    @property
    def short(self) -> str:
        """A word or two that fit a cell in every state, so that it never changes its width."""
        if not self.revision:
            return "not yet"
        if self.silent_for:
            return f"silent {duration(self.silent_for)}"
        if self.state == "applied":
            return "has it" if self.took_ms is None else duration(self.took_ms)
        return "taking over" if self.state == "waiting" else f"revision {self.revision}"

    @property
    def words(self) -> str:
        """All of it."""
        if not self.revision:
            return "has not connected yet"
        silent = f", silent for {duration(self.silent_for)}" if self.silent_for else ""
        if self.state == "applied":
            took = "" if self.took_ms is None else f" after {duration(self.took_ms)}"
            return f"has it{took}{silent}"
        late = "is taking over" if self.state == "waiting" else f"still on revision {self.revision}"
        return late + silent


@dataclass(frozen=True, slots=True)
class Meter:
    revision: int
    cells: tuple[Cell, ...]
    waited: timedelta | None = None

    @property
    def total(self) -> int:
        return len(self.cells)

    @property
    def done(self) -> int:
        return sum(c.state == "applied" for c in self.cells)

    @property
    def complete(self) -> bool:
        return bool(self.cells) and self.done == self.total

    @property
    def lagging(self) -> list[Cell]:
        return [c for c in self.cells if c.state != "applied"]

    @property
    def took_ms(self) -> int | None:
        """Until the last edge had it; None while one lags or where nobody saw."""
        took = [c.took_ms for c in self.cells if c.took_ms is not None]
        return max(took) if self.complete and len(took) == self.total else None


def measure(
    revision: int,
    since: datetime | None,
    edges: Iterable[Edge],
    reached: Mapping[int, datetime],
    now: datetime,
) -> Meter:
    """`reached`: edge id → when it first had `revision` or a newer one."""
    waited = now - since if since else None
    cells = (_cell(e, revision, since, reached.get(e.pk), now) for e in edges)
    return Meter(revision, tuple(cells), waited)


def meter_of(revision: int, since: datetime) -> Meter:
    """The meter of one deployment, in two queries."""
    rows = Propagation.objects.filter(revision__gte=revision)
    reached = dict(rows.values_list("edge").annotate(first=Min("applied_on")))
    return measure(revision, since, _edges(), reached, timezone.now())


def meter_of_all() -> Meter:
    """Every edge against the newest revision: the pill in the frame."""
    return measure(revisions.current(), None, _edges(), {}, timezone.now())


def _edges() -> QuerySet[Edge]:
    """Without what they report of each version, which is long."""
    return Edge.objects.only("name", "created_on", "last_seen_on", "applied_revision")


def _cell(
    edge: Edge, revision: int, since: datetime | None, reached: datetime | None, now: datetime
) -> Cell:
    silent = now - (edge.last_seen_on or edge.created_on)
    quiet = silent if silent > SILENT_AFTER else None
    if edge.applied_revision >= revision:
        return Cell(edge.name, "applied", edge.applied_revision, _took_ms(since, reached), quiet)
    late = since is None or now - since > LATE_AFTER
    state = "silent" if quiet else "late" if late else "waiting"
    return Cell(edge.name, state, edge.applied_revision, None, quiet)


def _took_ms(since: datetime | None, reached: datetime | None) -> int | None:
    if since is None or reached is None:
        return None
    return max(0, round((reached - since) / timedelta(milliseconds=1)))
