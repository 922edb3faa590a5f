"""Counters and histograms of requests since the agent started. Pure.

Fed with the tallies that the control plane has accepted, so that both agree. The number of series
is bounded by what is deployed: series of a deleted deployment are dropped `FORGET_SECONDS` after
their last request.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from routing.agent.access_log.request_counts import Tally

FORGET_SECONDS = 3600.0
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram's buckets, in seconds."""
_BOUNDS_US = tuple(round(bound * 1_000_000) for bound in BOUNDS)


class Requests(NamedTuple):
    """Labels of a counter; `status_class` is `2xx` and so on."""

    worker: str
    version: str
    deployment: str
    hop: str
    reason: str
    override: str
    status_class: str
    error: str


class Spans(NamedTuple):
    """Labels of a histogram."""

    worker: str
    version: str
    hop: str


@dataclass(slots=True)
class Histogram:
    """`counts` has one more bucket than `BOUNDS`, without an upper bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total_us: int = 0

    def add(self, durations: list[int]) -> None:
        """Durations in µs."""
        for duration in durations:
            self.counts[bisect_left(_BOUNDS_US, duration)] += 1
        self.total_us += sum(durations)

    def buckets(self) -> Iterator[tuple[str, int]]:
        """(upper bound, cumulative requests), as Prometheus expects."""
        reached = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            reached += count
            yield bound, reached


class Series:
    def __init__(self) -> None:
        self.requests: defaultdict[Requests, int] = defaultdict(int)
        self.spans: defaultdict[Spans, Histogram] = defaultdict(Histogram)
        #: Requests with an override header, by outcome. Nine at most, so never dropped.
        self.outcomes: defaultdict[str, int] = defaultdict(int)
        self.shipped = 0
        self._heard: dict[str, float] = {}

    def count(self, tally: Tally, rows: int, now: float) -> None:
        """Adds a tally; `rows` rows were shipped with it."""
        self.shipped += rows
        for count, durations in tally.requests():
            key = Requests(
                count.worker,
                count.version_id,
                count.deployment_id,
                count.hop,
                count.reason,
                count.override,
                f"{count.status_class}xx",
                count.error,
            )
            self.requests[key] += len(durations)
            if count.override != "absent":
                self.outcomes[count.override] += len(durations)
            self.spans[Spans(count.worker, count.version_id, count.hop)].add(durations)
            self._heard[count.version_id] = self._heard[count.deployment_id] = now

    def forget(self, deployed: frozenset[str], now: float) -> None:
        """Drops old series that are not in `deployed` (ids of versions and deployments). Requests
        of no version stay: they are one series."""
        self._heard |= dict.fromkeys(deployed, now)
        gone = {i for i, at in self._heard.items() if i and now - at > FORGET_SECONDS}
        for key in [k for k in self.requests if k.version in gone or k.deployment in gone]:
            del self.requests[key]
        for span in [s for s in self.spans if s.version in gone]:
            del self.spans[span]
        for name in gone:
            del self._heard[name]
