"""A connected account through its API."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from dashboard.cloud import messages
from dashboard.cloud.client import values as api
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.provider.capabilities import Table
from dashboard.cloud.provider.guarded_deploy import marked, outcome, split_marker
from dashboard.cloud.provider.guarded_upload import upload_outcome
from dashboard.cloud.provider.values import (
    Address,
    AddressKind,
    Counts,
    DeploymentSummary,
    DeployResult,
    DeployState,
    ErrorCount,
    ErrorCounts,
    MinuteCount,
    MinuteCounts,
    ModuleContent,
    Share,
    UploadDraft,
    UploadResult,
    UploadState,
    VersionCode,
    VersionCount,
    VersionDetail,
    VersionSummary,
    WorkerSummary,
)

UNKNOWN = timedelta(minutes=2)
"""The newest part of analytics: rows may still be missing."""
LOGS_UNKNOWN = timedelta(minutes=1)
"""The same of stored logs."""
READ_BACK = (0.0, 1.0, 3.0)
"""Seconds before each read that looks for a deployment whose answer is missing."""


class CloudflareProvider:
    """Implements `interface.Provider`."""

    def __init__(
        self,
        client: CloudClient,
        capabilities: Table,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.capabilities = capabilities
        self._client, self._sleep = client, sleep

    def workers(self) -> Sequence[WorkerSummary]:
        return [_worker(worker) for worker in self._client.workers()]

    def versions(self, name: str) -> Sequence[VersionSummary]:
        return [_version(version) for version in self._client.versions(name)]

    def version(self, name: str, version_id: str) -> VersionDetail:
        given = self._client.version(name, version_id)
        resources = given.resources or api.Resources()
        runtime = resources.script_runtime
        return VersionDetail(
            _version(given),
            resources.bindings,
            runtime.compatibility_date,
            runtime.compatibility_flags,
        )

    def code(self, name: str, version_id: str) -> VersionCode:
        given = self._client.code(name, version_id)
        try:
            modules = [
                ModuleContent(m.name, m.content_type, base64.b64decode(m.content_base64))
                for m in given.modules
            ]
        except binascii.Error as error:
            raise CloudError(Kind.UNREADABLE, messages.UNREADABLE) from error
        return VersionCode(given.main_module, tuple(modules))

    def deployments(self, name: str) -> Sequence[DeploymentSummary]:
        return [_deployment(deployment) for deployment in self._client.deployments(name)]

    def deploy(
        self,
        name: str,
        shares: Sequence[Share],
        *,
        expected: str | None,
        message: str,
        marker: str = "",
    ) -> DeployResult:
        """Reads, compares, writes once, reads back. A race of one round trip remains; it shows in
        the result. Never writes again."""
        before = self.deployments(name)
        live = before[0] if before else None
        if (live.id if live else None) != expected:
            return DeployResult(DeployState.STALE, "", live)
        marker = marker or secrets.token_hex(6)
        text = marked(message, marker)
        sent = [api.Share(share.version_id, share.percentage) for share in shares]
        try:
            self._client.deploy(name, sent, text)
        except CloudError as error:
            if error.kind is not Kind.UNSURE:
                raise
        return self._read_back(name, expected, marker)

    def _read_back(self, name: str, expected: str | None, marker: str) -> DeployResult:
        result = DeployResult(DeployState.UNSURE, marker, None)
        for wait in READ_BACK:
            self._sleep(wait)
            try:
                result = outcome(expected, marker, self.deployments(name))
            except CloudError:
                continue
            if result.state is not DeployState.UNSURE:
                break
        return result

    def upload(
        self, name: str, draft: UploadDraft, *, based_on: str, marker: str = ""
    ) -> UploadResult:
        """Reads, compares, writes once, reads back. Never writes again."""
        listed = self.versions(name)
        if not listed or listed[0].id != based_on:
            others = tuple(version for version in listed[:1] if version.id != based_on)
            return UploadResult(UploadState.STALE, None, others)
        marker = marker or secrets.token_hex(6)
        metadata = self._upload_metadata(name, draft, based_on, marker)
        parts = [(m.name, m.content_type, m.content) for m in draft.modules]
        try:
            self._client.upload(name, metadata, parts)
        except CloudError as error:
            if error.kind is not Kind.UNSURE:
                raise
        return self._read_upload_back(name, based_on, marker)

    def _upload_metadata(
        self, name: str, draft: UploadDraft, based_on: str, marker: str
    ) -> dict[str, Any]:
        """Bindings, static assets and limits stay as they are in the newest version."""
        given = self._client.version(name, based_on)
        resources = given.resources or api.Resources()
        annotations = {"workers/message": marked(draft.message, marker)}
        if draft.tag:
            annotations["workers/tag"] = draft.tag
        metadata: dict[str, Any] = {
            "main_module": draft.main,
            "compatibility_date": draft.compatibility_date,
            "compatibility_flags": list(draft.compatibility_flags),
            "bindings": [{"name": b["name"], "type": "inherit"} for b in resources.bindings],
            "keep_assets": True,
            "annotations": annotations,
        }
        if resources.script_runtime.limits:
            metadata["limits"] = dict(resources.script_runtime.limits)
        return metadata

    def _read_upload_back(self, name: str, based_on: str, marker: str) -> UploadResult:
        result = UploadResult(UploadState.UNSURE)
        for wait in READ_BACK:
            self._sleep(wait)
            try:
                result = upload_outcome(based_on, marker, self.versions(name))
            except CloudError:
                continue
            if result.state is not UploadState.UNSURE:
                break
        return result

    def addresses(self, name: str) -> Sequence[Address]:
        """Custom domains, then routes to one host, then workers.dev."""
        found = [*listed_addresses(self._client.worker(name)), *self._routes(name)]
        return sorted(found, key=lambda address: list(AddressKind).index(address.kind))

    def counts(self, name: str, since: datetime) -> Counts:
        as_of = (timezone.now() - UNKNOWN).replace(second=0, microsecond=0)
        rows = self._client.counts(since, as_of) if since < as_of else ()
        mine = [_count(row) for row in rows if row.script_name == name and row.script_version]
        return Counts(since, as_of, tuple(mine))

    def minute_counts(self, name: str, since: datetime) -> MinuteCounts:
        as_of = (timezone.now() - UNKNOWN).replace(second=0, microsecond=0)
        rows = self._client.minute_counts(name, since, as_of) if since < as_of else ()
        counted = [
            MinuteCount(r.script_version, r.minute, r.requests, r.errors, r.sample_interval)
            for r in rows
            if r.script_version
        ]
        return MinuteCounts(since, as_of, tuple(counted))

    def server_errors(self, since: datetime) -> ErrorCounts:
        as_of = (timezone.now() - LOGS_UNKNOWN).replace(second=0, microsecond=0)
        rows = self._client.status_counts(since, as_of) if since < as_of else ()
        return ErrorCounts(since, as_of, _errors(rows))

    def _routes(self, name: str) -> list[Address]:
        """Without those whose host has a wildcard. Reading routes needs another permission."""
        try:
            routes = self._client.routes(name)
        except CloudError as error:
            if error.kind in (Kind.FORBIDDEN, Kind.MISSING, Kind.REFUSED):
                return []
            raise
        hosts = [(route.pattern.partition("/")[0], route.pattern) for route in routes]
        return [Address(host, AddressKind.ROUTE, p) for host, p in hosts if "*" not in host]


def _errors(rows: Sequence[api.StatusCount]) -> dict[tuple[str, str], ErrorCount]:
    found: dict[tuple[str, str], ErrorCount] = {}
    for row in rows:
        key = (row.script_name, row.script_version)
        before = found.get(key, ErrorCount(0, 0, False, 0, 0))
        seen, is_failure = round(row.requests / max(1.0, row.sample_interval)), row.status >= 500
        found[key] = ErrorCount(
            before.requests + row.requests,
            before.failed + (row.requests if is_failure else 0),
            before.estimated or row.sample_interval > 1,
            before.seen + seen,
            before.seen_failed + (seen if is_failure else 0),
        )
    return found


def _worker(given: api.Worker) -> WorkerSummary:
    return WorkerSummary(given.name, given.id, given.deployed_on, log_share(given.observability))


def listed_addresses(worker: api.Worker) -> list[Address]:
    """Custom domains, then workers.dev: what the list of Workers has."""
    found = [
        Address(domain.hostname, AddressKind.CUSTOM_DOMAIN)
        for domain in worker.references.domains
        if domain.hostname
    ]
    if worker.subdomain.enabled and (host := urlsplit(worker.subdomain.url).netloc):
        found.append(Address(host, AddressKind.WORKERS_DEV))
    return found


def log_share(given: api.Observability) -> float:
    """The part of requests whose log is stored, 0 to 1."""
    logs = given.logs
    if not given.enabled or (logs and not (logs.enabled and logs.invocation_logs)):
        return 0.0
    rates = [given.head_sampling_rate, logs.head_sampling_rate if logs else None]
    return min([rate for rate in rates if rate is not None] or [1.0])


def _version(given: api.Version) -> VersionSummary:
    notes = given.annotations or {}
    message, marker = split_marker(notes.get("workers/message", ""))
    return VersionSummary(
        id=given.id,
        number=given.number,
        created_at=given.metadata.created_on,
        author=given.metadata.author_email,
        source=given.metadata.source,
        message=message,
        tag=notes.get("workers/tag", ""),
        marker=marker,
    )


def _deployment(given: api.Deployment) -> DeploymentSummary:
    message, marker = split_marker(given.message)
    shares = tuple(Share(share.version_id, share.percentage) for share in given.versions)
    return DeploymentSummary(
        given.id, given.created_on, given.author_email, given.source, message, shares, marker
    )


def _count(row: api.VersionCounts) -> VersionCount:
    return VersionCount(
        version_id=row.script_version,
        requests=row.requests,
        errors=row.errors,
        sample_interval=row.sample_interval,
        p50=None if row.wall_p50 is None else row.wall_p50 / 1000,
        p99=None if row.wall_p99 is None else row.wall_p99 / 1000,
    )
