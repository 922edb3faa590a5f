"""The figures of many sends: what each version did, and how long its answers took."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of a run. `status` is 0 without an answer; `version` and `reason` are what the
    edge stamped on the answer."""

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
    """What one version did in a run; latencies are of answered requests, None without one."""

    version: str
    count: int
    statuses: tuple[tuple[str, int], ...]
    failed: int
    p50: float | None
    p95: float | None
    p99: float | None
    slowest: float | None


def quantile(ordered: Sequence[float], part: float) -> float | None:
    """The smallest value that is not below `part` of them (nearest rank); None without values."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def tallies(sent: Sequence[Sent], versions: Sequence[str]) -> list[Tally]:
    """One row for each of `versions`, then for every other version that ran; "" is none."""
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
