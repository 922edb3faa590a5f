"""What answers of the API hold, frozen, as far as Sluice reads it. Field names are Cloudflare's.

Unknown fields are ignored. A missing or wrong required field is a `msgspec.ValidationError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class Token(msgspec.Struct, frozen=True):
    status: str = ""
    id: str = ""
    expires_on: datetime | None = None


class Account(msgspec.Struct, frozen=True):
    id: str
    name: str = ""


class Subdomain(msgspec.Struct, frozen=True):
    enabled: bool = False
    previews_enabled: bool = False
    url: str = ""


class Domain(msgspec.Struct, frozen=True):
    hostname: str = ""
    zone_name: str = ""


class References(msgspec.Struct, frozen=True):
    domains: tuple[Domain, ...] = ()


class Logs(msgspec.Struct, frozen=True):
    enabled: bool = False
    head_sampling_rate: float | None = None
    invocation_logs: bool = True


class Observability(msgspec.Struct, frozen=True):
    enabled: bool = False
    head_sampling_rate: float | None = None
    logs: Logs | None = None


class Worker(msgspec.Struct, frozen=True):
    id: str
    name: str
    deployed_on: datetime | None = None
    created_on: datetime | None = None
    subdomain: Subdomain = Subdomain()
    references: References = References()
    observability: Observability = Observability()


class VersionMetadata(msgspec.Struct, frozen=True):
    created_on: datetime | None = None
    author_email: str = ""
    source: str = ""


class Runtime(msgspec.Struct, frozen=True):
    compatibility_date: str = ""
    compatibility_flags: tuple[str, ...] = ()
    limits: Mapping[str, Any] | None = None


class Resources(msgspec.Struct, frozen=True):
    bindings: tuple[Mapping[str, Any], ...] = ()
    script_runtime: Runtime = Runtime()


class Version(msgspec.Struct, frozen=True):
    """`resources` are in the answer for one version only."""

    id: str
    number: int = 0
    metadata: VersionMetadata = VersionMetadata()
    annotations: Mapping[str, str] | None = None
    resources: Resources | None = None


class CodeModule(msgspec.Struct, frozen=True):
    name: str
    content_type: str = ""
    content_base64: str = ""


class Code(msgspec.Struct, frozen=True):
    main_module: str = ""
    modules: tuple[CodeModule, ...] = ()


class VersionList(msgspec.Struct, frozen=True):
    items: tuple[Version, ...] = ()


class Share(msgspec.Struct, frozen=True):
    version_id: str
    percentage: float


class Deployment(msgspec.Struct, frozen=True):
    id: str
    created_on: datetime
    versions: tuple[Share, ...]
    source: str = ""
    author_email: str = ""
    annotations: Mapping[str, str] | None = None

    @property
    def message(self) -> str:
        return (self.annotations or {}).get("workers/message", "")


class DeploymentList(msgspec.Struct, frozen=True):
    """Newest first: the first one is live."""

    deployments: tuple[Deployment, ...] = ()


class Route(msgspec.Struct, frozen=True):
    pattern: str
    zone_name: str = ""


class Tail(msgspec.Struct, frozen=True):
    """`url` is a bearer secret."""

    id: str
    url: str
    expires_at: datetime | None = None


class PageInfo(msgspec.Struct, frozen=True):
    page: int = 1
    per_page: int = 0
    total_count: int = 0


class VersionCounts(msgspec.Struct, frozen=True):
    """Requests of one version; `errors` are failures of the runtime. Wall times in µs."""

    script_name: str
    script_version: str
    requests: int
    errors: int
    sample_interval: float
    wall_p50: float | None = None
    wall_p95: float | None = None
    wall_p99: float | None = None


def counts_of(data: Mapping[str, Any]) -> tuple[VersionCounts, ...]:
    """Rows of `workersInvocationsAdaptive`. Raises KeyError or TypeError for another shape."""
    accounts = data["viewer"]["accounts"]
    return tuple(_counts(row) for row in accounts[0]["workersInvocationsAdaptive"])


def _counts(row: Mapping[str, Any]) -> VersionCounts:
    quantiles = row.get("quantiles") or {}
    return VersionCounts(
        script_name=str(row["dimensions"].get("scriptName", "")),
        script_version=str(row["dimensions"]["scriptVersion"]),
        requests=int(row["sum"]["requests"]),
        errors=int(row["sum"]["errors"]),
        sample_interval=float(row["avg"]["sampleInterval"]),
        wall_p50=quantiles.get("wallTimeP50"),
        wall_p95=quantiles.get("wallTimeP95"),
        wall_p99=quantiles.get("wallTimeP99"),
    )


class MinuteCounts(msgspec.Struct, frozen=True):
    """Requests of one version in one minute; `errors` are failures of the runtime."""

    script_version: str
    minute: datetime
    requests: int
    errors: int
    sample_interval: float


def minute_counts_of(data: Mapping[str, Any]) -> tuple[MinuteCounts, ...]:
    """Rows of `workersInvocationsAdaptive`. Raises KeyError, TypeError or ValueError for another
    shape."""
    [account] = data["viewer"]["accounts"]
    return tuple(
        MinuteCounts(
            script_version=str(row["dimensions"]["scriptVersion"]),
            minute=datetime.fromisoformat(row["dimensions"]["datetimeMinute"]),
            requests=int(row["sum"]["requests"]),
            errors=int(row["sum"]["errors"]),
            sample_interval=float(row["avg"]["sampleInterval"]),
        )
        for row in account["workersInvocationsAdaptive"]
    )


class StatusCount(msgspec.Struct, frozen=True):
    """Logged requests of one version with one status."""

    script_name: str
    script_version: str
    status: int
    requests: int
    sample_interval: float


def status_counts_of(result: Mapping[str, Any]) -> tuple[StatusCount, ...]:
    """The groups of `telemetry/query`. Raises KeyError or TypeError for another shape."""
    [calculation] = result["calculations"]
    return tuple(_status_count(row) for row in calculation["aggregates"])


def _status_count(row: Mapping[str, Any]) -> StatusCount:
    groups = {group["key"]: group["value"] for group in row["groups"]}
    return StatusCount(
        script_name=str(groups["$workers.scriptName"]),
        script_version=str(groups["$workers.scriptVersion.id"]),
        status=int(groups["$workers.event.response.status"]),
        requests=round(float(row["value"])),
        sample_interval=float(row["sampleInterval"]),
    )
