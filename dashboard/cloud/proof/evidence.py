"""What is known about one request. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PROBE_HEADER = "sluice-probe"
"""Has a request's nonce. Edges remove `x-sluice-*` from outside, so it has another name."""


@dataclass(frozen=True, slots=True)
class TailEvent:
    """A Worker's invocation by a tail. `nonce` and `ray` (without the place) are the request's
    headers as the Worker got them. Times in ms."""

    nonce: str
    ray: str
    worker: str
    version_id: str
    at: datetime
    tag: str = ""
    outcome: str = ""
    status: int | None = None
    cpu_ms: float | None = None
    wall_ms: float | None = None


@dataclass(frozen=True, slots=True)
class StoredLog:
    """A stored invocation whose request id is the ray."""

    ray: str
    worker: str
    version_id: str
    outcome: str = ""
    status: int | None = None
    wall_ms: float | None = None


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """`reported` is the version id in the answer itself, or empty. `mitigated`, `cache_status` and
    `location` are header values."""

    nonce: str
    ray: str
    worker: str
    status: int
    sent_at: datetime
    reported: str = ""
    cache_status: str = ""
    mitigated: str = ""
    location: str = ""
    edge_error: bool = False

    @property
    def cached(self) -> bool:
        """Answered by the cache before a Worker ran."""
        return self.cache_status.upper() in ("HIT", "STALE", "UPDATING")


class TailState(StrEnum):
    """`REFUSED`: the API or the network refused it, tried again later. `FULL`: all places taken."""

    OFF = "off"
    OPENING = "opening"
    OPEN = "open"
    REFUSED = "refused"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class TailCoverage:
    """Whether the tail could have seen the request. `open_since`: open without a break since then.
    `seen`: events of other requests since it was sent. `sampled`: it said that it drops events."""

    state: TailState
    open_since: datetime | None = None
    seen: int = 0
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """`log_sampled`: only a part of requests is stored."""

    answer: AnswerFacts
    coverage: TailCoverage
    events: tuple[TailEvent, ...] = ()
    logs: tuple[StoredLog, ...] = ()
    looked_in_logs: bool = False
    log_sampled: bool = False
