"""The live deployment as it is observed: what the Worker's pages show beside the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.fleet.version_roles import Standing
from dashboard.observability.queries.health import WELL, Health, health
from dashboard.observability.queries.statistics import Observed, Split
from dashboard.observability.queries.traffic import Traffic, splits, traffic
from routing.models import Deployment
from routing.rules.split import TOTAL

RECENT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """One live version in the last five minutes. `split` and `observed` are of the deployment.
    `slower`: how much longer the candidate's p99 is than stable's, in ms, if both are known."""

    standing: Standing
    observed: Observed
    split: Split
    health: Health
    slower: float | None = None

    @property
    def p50(self) -> float | None:
        """None with too few requests."""
        return self.observed.p50 if self.observed.enough else None

    @property
    def p99(self) -> float | None:
        """None with too few requests."""
        return self.observed.p99 if self.observed.enough else None


@dataclass(frozen=True, slots=True)
class Observation:
    """`rows` as bars and rows show versions: candidate first."""

    rows: tuple[LiveVersion, ...]
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
    def first(self) -> LiveVersion | None:
        """The version the sentence is about."""
        return self.rows[0] if len(self.rows) > 1 else None

    def of(self, version_id: object) -> LiveVersion | None:
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
    rows = [
        LiveVersion(s, found.of(key), by_id[key], wells.get(key, WELL))
        for s in standings
        for key in [str(s.version.id)]
    ]
    return Observation(tuple(_compared(rows)), found)


def _compared(rows: list[LiveVersion]) -> list[LiveVersion]:
    """With `slower` for each version beside stable."""
    if len(rows) < 2 or (first := rows[0].p99) is None or (stable := rows[-1].p99) is None:
        return rows
    slower = first - stable
    return [row if row.standing.is_stable else replace(row, slower=slower) for row in rows]
