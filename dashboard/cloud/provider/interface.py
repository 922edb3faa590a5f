"""The functions of a place of Workers.

Requests, proof and tails of an account are not here: `dashboard.cloud.egress`, `proving`,
`verification` and `tails` take the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dashboard.cloud.provider.capabilities import Table
from dashboard.cloud.provider.values import (
    Address,
    Counts,
    DeploymentSummary,
    DeployResult,
    ErrorCounts,
    MinuteCounts,
    Share,
    UploadDraft,
    UploadResult,
    VersionCode,
    VersionDetail,
    VersionSummary,
    WorkerSummary,
)


class Provider(Protocol):
    """Functions raise `CloudError`."""

    capabilities: Table

    def workers(self) -> Sequence[WorkerSummary]: ...

    def versions(self, name: str) -> Sequence[VersionSummary]:
        """Those that can be deployed, newest first."""

    def version(self, name: str, version_id: str) -> VersionDetail: ...

    def code(self, name: str, version_id: str) -> VersionCode:
        """Several MB for some versions."""

    def deployments(self, name: str) -> Sequence[DeploymentSummary]:
        """Newest first: the first one is live."""

    def deploy(
        self,
        name: str,
        shares: Sequence[Share],
        *,
        expected: str | None,
        message: str,
        marker: str = "",
    ) -> DeployResult:
        """Makes `shares` live if the deployment `expected` (None for none) is live now. `marker`
        (12 hex digits) finds it again where that takes one."""

    def upload(
        self, name: str, draft: UploadDraft, *, based_on: str, marker: str = ""
    ) -> UploadResult:
        """Adds a version if `based_on` is the newest. Nothing becomes live."""

    def addresses(self, name: str) -> Sequence[Address]:
        """The best first; none is used before a person confirmed it."""

    def counts(self, name: str, since: datetime) -> Counts: ...

    def minute_counts(self, name: str, since: datetime) -> MinuteCounts: ...

    def server_errors(self, since: datetime) -> ErrorCounts:
        """5xx of all Workers by version."""
