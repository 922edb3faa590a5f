"""What late edges still answer by, in one line however many there are: a card that grew with each
of them would move everything below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, IntegerField, OuterRef, Subquery, Value, When

from dashboard.fleet.deployment_cache import roles_by_deployment_id
from dashboard.fleet.propagation import Cell, Meter
from dashboard.fleet.version_roles import Standing
from routing.models import Edge, Worker

NAMED = 2
"""Edges that are named; of more, the first ones and a number."""


@dataclass(frozen=True, slots=True)
class Lag:
    """`edges` answer by deployment `deployment` (None: the Worker had none then), split as
    `standings`; `others` answer by other ones."""

    edges: tuple[str, ...]
    deployment: UUID | None
    standings: Sequence[Standing]
    others: int

    @property
    def names(self) -> str:
        """local-1 and local-2, or local-1, local-2 and 3 more."""
        if len(self.edges) > NAMED:
            return f"{', '.join(self.edges[:NAMED])} and {len(self.edges) - NAMED} more"
        return " and ".join(self.edges)

    @property
    def short_id(self) -> str:
        return str(self.deployment)[:8] if self.deployment else ""


def lag_of(worker: Worker, meter: Meter) -> Lag | None:
    """By the deployment that most late edges have; None when none is late. One query.

    An edge that is taking over in time is no news, and one that never had a revision answers
    nothing.
    """
    late = {cell.edge: cell.revision for cell in meter.lagging if _answers_late(cell)}
    if not late:
        return None
    by_edge = _deployments(worker, late)
    [(most, _)] = Counter(by_edge.values()).most_common(1)
    same = tuple(name for name, deployment in by_edge.items() if deployment == most)
    standings = roles_by_deployment_id([most])[most] if most else []
    return Lag(same, most, standings, len(by_edge) - len(same))


def _answers_late(cell: Cell) -> bool:
    return cell.state != "waiting" and cell.revision > 0


def _deployments(worker: Worker, late: Mapping[str, int]) -> dict[str, UUID | None]:
    """By edge, the newest deployment of `worker` up to the revision that the edge has of it."""
    revision = Case(
        *(When(name=name, then=Value(number)) for name, number in late.items()),
        output_field=IntegerField(),
    )
    has = worker.deployments.filter(revision__lte=OuterRef("revision")).newest_first()
    edges = Edge.objects.filter(name__in=late).order_by("name").annotate(revision=revision)
    return dict(edges.annotate(newest=Subquery(has.values("pk")[:1])).values_list("name", "newest"))
