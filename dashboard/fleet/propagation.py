"""The propagation meter: which edges have a revision, how long it took, which edges lag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from dashboard.fleet.edge_condition import Condition, condition_of, expected_edges
from dashboard.times.spans import span_text
from routing.control import revision as revisions
from routing.models import Edge, Propagation

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
    #: Workers whose newest deployment this edge cannot run.
    failing: tuple[str, ...] = ()
    #: Why it cannot apply this deployment, if it reported a reason.
    error: str = ""
    condition: Condition | None = None

    @property
    def short(self) -> str:
        """Two words at most, so that the cell keeps its width."""
        if not self.revision:
            return "not yet"
        if self.silent_for:
            return f"silent {span_text(self.silent_for)}"
        if self.state == "applied":
            return "has it" if self.took_ms is None else span_text(self.took_ms)
        return "taking over" if self.state == "waiting" else f"revision {self.revision}"

    @property
    def words(self) -> str:
        if not self.revision:
            return "has not connected yet"
        silent = f", silent for {span_text(self.silent_for)}" if self.silent_for else ""
        if self.state == "applied":
            took = "" if self.took_ms is None else f" after {span_text(self.took_ms)}"
            rest = f", except for {', '.join(self.failing)}" if self.failing else ""
            return f"has it{took}{rest}{silent}"
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
    def current(self) -> int:
        """Edges that have it and report. What a silent edge runs is unknown."""
        return sum(c.state == "applied" and not c.silent_for for c in self.cells)

    @property
    def silent(self) -> int:
        return sum(c.silent_for is not None for c in self.cells)

    @property
    def troubles(self) -> list[Condition]:
        """Edges that lose log lines, cannot write, share a token, or whose Envoy was replaced
        recently."""
        conditions = [c.condition for c in self.cells if c.condition is not None]
        return [e for e in conditions if e.loses_lines or e.envoy_end or e.shared_by]

    @property
    def loses_lines(self) -> bool:
        return any(condition.loses_lines for condition in self.troubles)

    @property
    def shares_token(self) -> bool:
        return any(condition.shared_by for condition in self.troubles)

    @property
    def is_well(self) -> bool:
        """Every edge has it, reports and loses nothing."""
        return bool(self.cells) and self.current == self.total and not self.troubles

    @property
    def complete(self) -> bool:
        return bool(self.cells) and self.done == self.total

    @property
    def lagging(self) -> list[Cell]:
        return [c for c in self.cells if c.state != "applied"]

    @property
    def errors(self) -> list[str]:
        """Error messages of edges that cannot apply it, without duplicates."""
        return list(dict.fromkeys(c.error for c in self.cells if c.error))

    @property
    def took_ms(self) -> int | None:
        """Until the last edge had it. None while an edge lags, or if not recorded."""
        took = [c.took_ms for c in self.cells if c.took_ms is not None]
        return max(took) if self.complete and len(took) == self.total else None


class Reached(NamedTuple):
    """When an edge applied a revision. `up_at`: when it had come up, if recorded."""

    at: datetime
    up_at: datetime | None = None


def measure(
    revision: int,
    since: datetime | None,
    edges: Iterable[Edge],
    reached: Mapping[int, Reached],
    now: datetime,
    worker: str = "",
) -> Meter:
    """Which edges have the deployment of `worker` that `revision` made; without `worker`, which
    have all that they can run of that revision. `reached` is by edge id."""
    waited = now - since if since else None
    cells = (_cell(e, revision, since, reached.get(e.pk), now, worker) for e in edges)
    return Meter(revision, tuple(cells), waited)


def meter_of(worker: str, revision: int, since: datetime) -> Meter:
    """The meter of one deployment, at the edges of its Worker's groups. Two queries."""
    rows = Propagation.objects.filter(revision__gte=revision).values_list("edge")
    exact = Q(revision=revision)
    applied = rows.annotate(
        # An edge that skipped the revision had it when it had a newer one.
        first=Coalesce(Min("applied_on", filter=exact), Min("applied_on")),
        up=Coalesce(Min("up_at", filter=exact), Min("up_at")),
    )
    reached = {edge: Reached(first, up) for edge, first, up in applied}
    now = timezone.now()
    return measure(revision, since, expected_edges(now).running(worker), reached, now, worker)


def meter_of_all() -> Meter:
    """Every edge against the newest revision, for the pill in the frame."""
    now = timezone.now()
    return measure(revisions.current(), None, expected_edges(now), {}, now)


def _cell(
    edge: Edge,
    revision: int,
    since: datetime | None,
    reached: Reached | None,
    now: datetime,
    worker: str,
) -> Cell:
    condition = condition_of(edge, now)
    quiet = condition.silent_for
    has = edge.revision_of(worker) if worker else edge.current_revision
    if has >= revision:
        failing = () if worker else tuple(edge.failing)
        took = _took_ms(since, reached)
        return Cell(edge.name, "applied", has, took, quiet, failing, condition=condition)
    late = since is None or now - since > LATE_AFTER
    state = "silent" if quiet else "late" if late else "waiting"
    error = str(edge.lagging.get(worker, {}).get("error", ""))
    return Cell(edge.name, state, has, None, quiet, error=error, condition=condition)


def _took_ms(since: datetime | None, reached: Reached | None) -> int | None:
    """From the deployment, or from when the edge came up if that was later."""
    if since is None or reached is None:
        return None
    if reached.up_at is not None and since < reached.up_at <= reached.at:
        since = reached.up_at
    return max(0, round((reached.at - since) / timedelta(milliseconds=1)))
