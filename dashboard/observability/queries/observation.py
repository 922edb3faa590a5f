"""The live deployment as it is observed: what the Worker's pages show beside the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.fleet.version_roles import Standing
from dashboard.observability.queries.health import WELL, Health, health
from dashboard.observability.queries.statistics import Observed, Split
from dashboard.observability.queries.traffic import Traffic, splits, traffic
from routing.models import Deployment
from routing.rules.split import TOTAL

RECENT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Row:
    """One live version of the last five minutes. `split` and `observed` are of the deployment."""

    standing: Standing
    observed: Observed
    split: Split
    health: Health


@dataclass(frozen=True, slots=True)
class Observation:
    """`rows` as bars and rows show versions: candidate first."""

    rows: tuple[Row, ...]
    found: Traffic

    @property
    def draws(self) -> int:
        """Requests that the percentages decided."""
        return sum(row.split.drawn for row in self.rows)

    @property
    def standings(self) -> list[Standing]:
        """The same versions with their observed weights, for a second bar; none without draws."""
        if not self.draws:
            return []
        weights = [TOTAL * row.split.drawn // self.draws for row in self.rows]
        weights[-1] = TOTAL - sum(weights[:-1])
        return [
            Standing(row.standing.version, row.standing.role, weight)
            for row, weight in zip(self.rows, weights, strict=True)
        ]

    @property
    def first(self) -> Row | None:
        """The version the sentence is about."""
        return self.rows[0] if len(self.rows) > 1 else None

    @property
    def slower(self) -> float | None:
        """How much longer the candidate's p99 is, in ms; None where either has too few requests."""
        if len(self.rows) < 2:
            return None
        first, stable = self.rows[0].observed, self.rows[-1].observed
        if not (first.enough and stable.enough) or first.p99 is None or stable.p99 is None:
            return None
        return first.p99 - stable.p99

    def of(self, version_id: object) -> Row | None:
        """The row of one version."""
        return next((r for r in self.rows if str(r.standing.version.id) == str(version_id)), None)


def observe(
    deployment: Deployment | None, standings: Sequence[Standing], now: datetime
) -> Observation:
    """The last five minutes of a deployment, in four queries."""
    if deployment is None:
        return Observation((), Traffic(now - RECENT, now))
    found = traffic(deployment.worker, now - RECENT, now, deployment)
    by_id, wells = splits(standings, found), health(s.version.id for s in standings)
    rows = (
        Row(s, found.of(key), by_id[key], wells.get(key, WELL))
        for s in standings
        for key in [str(s.version.id)]
    )
    return Observation(tuple(rows), found)
