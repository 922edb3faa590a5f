"""The figures of many sends: what chance allows, what was observed, how long the answers took."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

#: Two-sided; 1.96 standard deviations.
LEVEL = 0.95
_Z = 1.959963984540054


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


def expected_range(count: int, share: float) -> tuple[int, int]:
    """How many of `count` draws fall to a share in 95 % of all cases: exact binomial quantiles."""
    low, high, total = None, count, 0.0
    for k, probability in enumerate(_binomial(count, share)):
        total += probability
        if low is None and total > (1 - LEVEL) / 2:
            low = k
        if total >= 1 - (1 - LEVEL) / 2:
            high = k
            break
    return low or 0, high


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % Wilson score interval for the share behind `hits` of `count`."""
    if not count:
        return 0.0, 1.0
    share, z2 = hits / count, _Z * _Z
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    spread = share * (1 - share) / count + z2 / (4 * count * count)
    half = _Z * math.sqrt(spread) / (1 + z2 / count)
    # At the edges the formula gives 0 and 1 but for rounding.
    return middle - half if hits else 0.0, middle + half if hits < count else 1.0


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


def _binomial(count: int, share: float) -> list[float]:
    """The probability of each number of hits."""
    if share <= 0 or share >= 1:
        return [float(k == (count if share >= 1 else 0)) for k in range(count + 1)]
    whole, yes, no = math.lgamma(count + 1), math.log(share), math.log(1 - share)
    return [
        math.exp(
            whole - math.lgamma(k + 1) - math.lgamma(count - k + 1) + k * yes + (count - k) * no
        )
        for k in range(count + 1)
    ]
