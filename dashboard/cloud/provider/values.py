"""Workers, versions, deployments, addresses and counts of any place. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkerSummary:
    """`log_share` is the part of requests whose log is stored, 0 to 1."""

    name: str
    id: str
    deployed_at: datetime | None
    log_share: float


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """`marker` is ours in the message, empty for versions uploaded elsewhere."""

    id: str
    number: int
    created_at: datetime | None
    author: str
    source: str
    message: str
    tag: str
    marker: str = ""


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """`bindings` without values of secrets."""

    summary: VersionSummary
    bindings: Sequence[Mapping[str, Any]]
    compatibility_date: str
    compatibility_flags: Sequence[str]


@dataclass(frozen=True, slots=True)
class ModuleContent:
    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VersionCode:
    """`main` is the name of the module that is run first; empty if unknown."""

    main: str
    modules: tuple[ModuleContent, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """`percentage` is 0 to 100."""

    version_id: str
    percentage: float


@dataclass(frozen=True, slots=True)
class DeploymentSummary:
    """`marker` is ours in the message, empty for deployments made elsewhere."""

    id: str
    created_at: datetime
    author: str
    source: str
    message: str
    shares: tuple[Share, ...]
    marker: str = ""

    @property
    def via(self) -> str:
        return "Sluice" if self.marker else self.source


class AddressKind(StrEnum):
    """The best first."""

    CUSTOM_DOMAIN = "custom_domain"
    ROUTE = "route"
    WORKERS_DEV = "workers_dev"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the production path may be reached. A person confirms one before anything is sent."""

    host: str
    kind: AddressKind
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class VersionCount:
    """`errors` are failures of the runtime, not 5xx. `estimated` if requests were sampled. Wall
    times in ms."""

    version_id: str
    requests: int
    errors: int
    sample_interval: float
    p50: float | None
    p99: float | None

    @property
    def estimated(self) -> bool:
        return self.sample_interval > 1

    @property
    def seen(self) -> int:
        """Requests that were counted: what statistics may use."""
        return round(self.requests / max(1.0, self.sample_interval))


@dataclass(frozen=True, slots=True)
class Counts:
    """From `since` until `as_of`; what came later is unknown."""

    since: datetime
    as_of: datetime
    versions: tuple[VersionCount, ...]

    @property
    def seen(self) -> int:
        return sum(count.seen for count in self.versions)

    def of(self, version_id: str) -> VersionCount | None:
        return next((c for c in self.versions if c.version_id == version_id), None)


@dataclass(frozen=True, slots=True)
class MinuteCount:
    """One version in one minute. `errors` are failures of the runtime, not 5xx."""

    version_id: str
    minute: datetime
    requests: int
    errors: int
    sample_interval: float

    @property
    def seen(self) -> int:
        """Requests that were counted: what statistics may use."""
        return round(self.requests / max(1.0, self.sample_interval))

    @property
    def seen_errors(self) -> int:
        return min(self.seen, round(self.errors / max(1.0, self.sample_interval)))


@dataclass(frozen=True, slots=True)
class MinuteCounts:
    """Whole minutes from `since` until `as_of`; what came later is unknown."""

    since: datetime
    as_of: datetime
    rows: tuple[MinuteCount, ...]


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """`failed` are responses with 5xx. Both count logged requests only; `estimated` if sampled.
    `seen` and `seen_failed` are how many of each were counted: what statistics may use."""

    requests: int
    failed: int
    estimated: bool
    seen: int
    seen_failed: int

    @property
    def rate(self) -> float:
        """In percent."""
        return 100 * self.failed / self.requests


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """By (Worker, version id), from `since` until `as_of`. A version without a logged request is
    missing."""

    since: datetime
    as_of: datetime
    versions: Mapping[tuple[str, str], ErrorCount]


class DeployState(StrEnum):
    """`LIVE`: ours is live, and no other was made. `OVERWROTE`: ours is live and replaced one that
    was made since the read. `OVERTAKEN`: a newer one replaced ours. `STALE`: nothing was sent,
    since another one is live. `UNSURE`: no answer came and ours is not listed (yet)."""

    LIVE = "live"
    OVERWROTE = "overwrote"
    OVERTAKEN = "overtaken"
    STALE = "stale"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class DeployResult:
    """`others` are deployments that other clients made meanwhile, newest first."""

    state: DeployState
    marker: str
    live: DeploymentSummary | None
    ours: DeploymentSummary | None = None
    others: tuple[DeploymentSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadDraft:
    """The next version: a copy of the newest one with other code. Bindings stay as they are."""

    main: str
    modules: tuple[ModuleContent, ...]
    compatibility_date: str
    compatibility_flags: tuple[str, ...] = ()
    message: str = ""
    tag: str = ""


class UploadState(StrEnum):
    """`STALE`: nothing was sent, since another version is the newest. `MIXED`: ours is there, and
    another one was uploaded since the read, whose bindings ours may have. `UNSURE`: no answer came
    and ours is not listed (yet)."""

    UPLOADED = "uploaded"
    MIXED = "mixed"
    STALE = "stale"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class UploadResult:
    """`others` were uploaded by other clients since `based_on`, newest first."""

    state: UploadState
    version: VersionSummary | None = None
    others: tuple[VersionSummary, ...] = ()
