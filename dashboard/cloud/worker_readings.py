"""What the API says of one Worker, each answer shared by all viewers for its own time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.cloud import messages
from dashboard.cloud.accounts.access import capabilities_of, provider_of
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.values import (
    Counts,
    DeploymentSummary,
    ErrorCounts,
    VersionDetail,
    VersionSummary,
)
from dashboard.cloud.readings import (
    FIGURES,
    LOGS,
    VERSIONS,
    Reading,
    forget,
    live_freshness,
    reading,
    watched_workers,
)

COUNTED = timedelta(minutes=7)
"""Five minutes of counts, and the last two, where rows may be missing."""
LOOK_AGAIN = timedelta(seconds=20)
"""After this the versions are read again if one is live that was not among them."""
UNCHANGING = 600.0
"""Seconds for which one version is fresh: it never changes."""


def version_of(
    account: CloudAccount, name: str, version_id: str, now: datetime
) -> Reading[VersionDetail]:
    def read() -> VersionDetail:
        return provider_of(account).version(name, version_id)

    return reading(account, f"version.{name}.{version_id}", read, now, UNCHANGING)


def deployments_of(
    account: CloudAccount, name: str, now: datetime
) -> Reading[Sequence[DeploymentSummary]]:
    """Fresh for 4 seconds, longer while more than two Workers are watched."""
    what = f"deployments.{name}"
    fresh = live_freshness(watched_workers(account, name, now))
    return reading(account, what, lambda: provider_of(account).deployments(name), now, fresh)


def versions_of(
    account: CloudAccount, name: str, listed: Sequence[DeploymentSummary], now: datetime
) -> Reading[Sequence[VersionSummary]]:
    """Read again early when a version is live that was not listed yet (`LOOK_AGAIN`)."""
    what = f"versions.{name}"

    def read() -> Reading[Sequence[VersionSummary]]:
        return reading(account, what, lambda: provider_of(account).versions(name), now, VERSIONS)

    versions = read()
    known = {version.id for version in versions.value or ()}
    live = {share.version_id for share in listed[0].shares} if listed else set()
    old = versions.read_at is not None and now - versions.read_at >= LOOK_AGAIN
    if old and not versions.problem and not live <= known:
        forget(account, what)
        return read()
    return versions


def counts_of(account: CloudAccount, name: str, now: datetime) -> Reading[Counts]:
    if not capabilities_of(account)[Capability.COUNTS].works:
        return Reading(problem=messages.WHY["no_counts"])
    since = (now - COUNTED).replace(second=0, microsecond=0)
    what = f"counts.{name}"
    return reading(account, what, lambda: provider_of(account).counts(name, since), now, FIGURES)


def errors_of(account: CloudAccount, now: datetime) -> Reading[ErrorCounts]:
    """Of all Workers of the account, in one call."""
    if not capabilities_of(account)[Capability.SERVER_ERRORS].works:
        return Reading(problem=messages.WHY["no_logs"])
    since = (now - COUNTED).replace(second=0, microsecond=0)
    return reading(account, "errors", lambda: provider_of(account).server_errors(since), now, LOGS)
