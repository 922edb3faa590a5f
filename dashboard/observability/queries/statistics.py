"""What was observed, as numbers: errors by kind, quantiles, what chance alone would give. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastdigest import TDigest

from dashboard.statistics.binomial import expected_range
from routing.agent.access_log.request_counts import FAILURES as FAILURES
from routing.rules.split import TOTAL

ENOUGH = 100
"""Requests below which a rate or a quantile says nothing: a dash and the count instead."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One version's requests. `errors` by kind, `drawn` by percentage, quantiles in ms."""

    requests: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    drawn: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None

    @property
    def failed(self) -> int:
        return sum(self.errors.get(kind, 0) for kind in FAILURES)

    @property
    def error_rate(self) -> float | None:
        """Of all requests, in percent; None without any."""
        return 100 * self.failed / self.requests if self.requests else None

    @property
    def enough(self) -> bool:
        return self.requests >= ENOUGH


@dataclass(frozen=True, slots=True)
class Split:
    """A version's observed share of `draws`, against the configured `weight`, all in percent."""

    weight: int
    drawn: int
    draws: int

    @property
    def configured(self) -> float:
        return 100 * self.weight / TOTAL

    @property
    def observed(self) -> float | None:
        return 100 * self.drawn / self.draws if self.draws else None

    @property
    def by_chance(self) -> tuple[float, float] | None:
        """Where 95 of 100 samples of this size lie, if requests follow the percentages."""
        if self.draws < ENOUGH:
            return None
        low, high = expected_range(self.draws, self.weight / TOTAL)
        return 100 * low / self.draws, 100 * high / self.draws

    @property
    def as_expected(self) -> bool:
        if self.by_chance is None or self.observed is None:
            return True
        low, high = self.by_chance
        return low <= self.observed <= high


def quantiles(digest: TDigest | None) -> dict[str, float | None]:
    """p50, p95 and p99 of a digest of microseconds, in ms."""
    if digest is None or digest.is_empty():
        return {"p50": None, "p95": None, "p99": None}
    return {name: digest.quantile(q) / 1000 for name, q in QUANTILES.items()}


QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
