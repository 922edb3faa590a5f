"""Figures of many sends: counts, statuses and latencies per version."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of a run. `status` is 0 without an answer; `version` and `reason` come from the
    proof headers."""

    version: str
    status: int
    ms: float
    ray: str
    reason: str = ""
    deployment: str = ""
    problem: str = ""

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500


@dataclass(frozen=True, slots=True)
class Tally:
    """One version in a run. Latencies in ms, of answered requests; None without any."""

    version: str
    count: int
    statuses: tuple[tuple[str, int], ...]
    failed: int
    p50: float | None
    p95: float | None
    p99: float | None
    slowest: float | None


def quantile(ordered: Sequence[float], part: float) -> float | None:
    """Nearest rank: the smallest value with at least `part` of them at or below; None if empty."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def tallies(sent: Sequence[Sent], versions: Sequence[str]) -> list[Tally]:
    """One for each of `versions`, then for every other version that ran; "" stands for none."""
    others = {s.version for s in sent} - set(versions)
    return [_tally(v, [s for s in sent if s.version == v]) for v in [*versions, *sorted(others)]]


def _tally(version: str, sent: Sequence[Sent]) -> Tally:
    took = sorted(s.ms for s in sent if s.status)
    statuses = Counter(str(s.status) if s.status else "none" for s in sent)
    return Tally(
        version,
        len(sent),
        tuple(sorted(statuses.items())),
        sum(s.failed for s in sent),
        *(quantile(took, part) for part in (0.5, 0.95, 0.99, 1)),
    )
