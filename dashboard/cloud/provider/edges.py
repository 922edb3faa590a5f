"""Our own edges: exact, and without a call to another machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.db.models import Max, Q, Sum
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud import messages
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.provider.capabilities import EDGES, Table
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
from dashboard.observability.models import Count, Span
from dashboard.observability.queries.traffic import rollup_of, traffic
from dashboard.reviews import gate
from routing.control.deploy import DeployConflict, DeployRefused
from routing.control.publish import hostname, url_of
from routing.models import Deployment, Version, Worker
from routing.rules.split import TOTAL
from routing.snapshot import BindingSpec
from routing.upload_draft import Draft, Part, UploadRefused

LATEST = 100
RUNTIME_ERRORS = ("exception", "runtime")


class EdgesProvider:
    """Implements `interface.Provider`. `by` is who changes something."""

    capabilities: Table = EDGES

    def __init__(self, by: Actor) -> None:
        self._by = by

    def workers(self) -> Sequence[WorkerSummary]:
        rows = Worker.objects.annotate(deployed_at=Max("deployments__created_on"))
        return [WorkerSummary(row.name, row.tag, row.deployed_at, 1.0) for row in rows]

    def versions(self, name: str) -> Sequence[VersionSummary]:
        rows = self._worker(name).versions.newest_first().select_related("author")
        return [_version(row) for row in rows[:LATEST]]

    def version(self, name: str, version_id: str) -> VersionDetail:
        row = self._version_row(name, version_id)
        bindings = [{"name": b["name"], "type": b["type"]} for b in row.bindings]
        flags = tuple(row.compatibility_flags)
        return VersionDetail(_version(row), bindings, row.compatibility_date, flags)

    def code(self, name: str, version_id: str) -> VersionCode:
        row = self._version_row(name, version_id)
        parts = row.modules.select_related("module")
        modules = [ModuleContent(p.name, p.content_type, p.module.read()) for p in parts]
        return VersionCode(row.main_module or row.body_part, tuple(modules))

    def deployments(self, name: str) -> Sequence[DeploymentSummary]:
        rows = self._worker(name).deployments.with_shares().newest_first()
        return [_deployment(row) for row in rows[:LATEST]]

    def deploy(
        self,
        name: str,
        shares: Sequence[Share],
        *,
        expected: str | None,
        message: str,
        marker: str = "",
    ) -> DeployResult:
        """Atomic: holds, policies and the condition are checked in one transaction."""
        worker = self._worker(name)
        try:
            made = gate.deploy(
                worker=worker,
                by_token=False,
                shares=[(share.version_id, share.percentage) for share in shares],
                author=self._by.actor,
                source=self._by.source,
                message=message,
                expected=expected,
                now=self._by.now,
            )
        except DeployConflict:
            listed = self.deployments(name)
            return DeployResult(DeployState.STALE, "", listed[0] if listed else None)
        except DeployRefused as error:
            raise CloudError(Kind.REFUSED, str(error)) from error
        ours = _deployment(worker.deployments.with_shares().get(pk=made.pk))
        return DeployResult(DeployState.LIVE, "", ours, ours)

    def upload(
        self, name: str, draft: UploadDraft, *, based_on: str, marker: str = ""
    ) -> UploadResult:
        """Atomic; starts the version before it is stored."""
        base = self._version_row(name, based_on)
        newest = base.worker.versions.newest_first()[0]
        if newest.pk != base.pk:
            return UploadResult(UploadState.STALE, None, (_version(newest),))
        bindings = [BindingSpec(name=b["name"], type="inherit") for b in base.bindings]
        sent = Draft(
            main_module=draft.main,
            compatibility_date=draft.compatibility_date,
            compatibility_flags=draft.compatibility_flags,
            parts=tuple(Part(m.name, m.content_type, m.content) for m in draft.modules),
            bindings=tuple(bindings),
            tag=draft.tag,
            message=draft.message,
            keep_runtime=True,
        )
        try:
            made, _ = gate.upload(
                worker_name=name,
                by_token=False,
                draft=sent,
                author=self._by.actor,
                source=self._by.source,
                triggered_by="version_upload",
                now=self._by.now,
                based_on=base,
            )
        except (UploadRefused, DeployRefused) as error:
            raise CloudError(Kind.REFUSED, str(error)) from error
        return UploadResult(UploadState.UPLOADED, _version(made))

    def addresses(self, name: str) -> Sequence[Address]:
        worker = self._worker(name)
        if not worker.subdomain_enabled:
            return []
        return [Address(urlsplit(url_of(hostname(name))).netloc, AddressKind.WORKERS_DEV)]

    def counts(self, name: str, since: datetime) -> Counts:
        now = timezone.now()
        found = traffic(self._worker(name), since, now)
        rows = [
            VersionCount(
                version_id,
                seen.requests,
                sum(seen.errors.get(name, 0) for name in RUNTIME_ERRORS),
                1.0,
                seen.p50,
                seen.p99,
            )
            for version_id, seen in found.versions.items()
            if version_id
        ]
        return Counts(since, now, tuple(rows))

    def minute_counts(self, name: str, since: datetime) -> MinuteCounts:
        now = timezone.now()
        as_of = now.replace(second=0, microsecond=0)
        rows = Count.objects.of_deployments().filter(
            worker=name,
            span=Span.MINUTE,
            start__gte=int(since.timestamp()),
            start__lt=int(as_of.timestamp()),
        )
        grouped = rows.exclude(version_id="").values_list("version_id", "start")
        failed = Sum("requests", filter=Q(error__in=RUNTIME_ERRORS), default=0)
        counted = grouped.annotate(n=Sum("requests"), failed=failed).order_by()
        minutes = [
            MinuteCount(version, datetime.fromtimestamp(start, UTC), n, errors, 1.0)
            for version, start, n, errors in counted
        ]
        return MinuteCounts(since, as_of, tuple(minutes))

    def server_errors(self, since: datetime) -> ErrorCounts:
        """Exact, whatever is logged."""
        now = timezone.now()
        rows = Count.objects.of_deployments().filter(**rollup_of(since, now, now))
        grouped = (
            rows.exclude(worker="")
            .values_list("worker", "version_id")
            .annotate(
                n=Sum("requests"), failed=Sum("requests", filter=Q(status_class=5), default=0)
            )
        )
        found = {
            (w, v): ErrorCount(n, failed, False, n, failed)
            for w, v, n, failed in grouped.order_by()
        }
        return ErrorCounts(since, now, found)

    def _version_row(self, name: str, version_id: str) -> Version:
        rows = {str(row.id): row for row in self._worker(name).versions.select_related("author")}
        if version_id not in rows:
            raise CloudError(Kind.MISSING, messages.NO_VERSION)
        return rows[version_id]

    def _worker(self, name: str) -> Worker:
        worker = Worker.objects.filter(name=name).first()
        if worker is None:
            raise CloudError(Kind.MISSING, messages.NO_WORKER)
        return worker


def _version(row: Version) -> VersionSummary:
    author = row.author.get_username() if row.author else ""
    return VersionSummary(
        str(row.id), row.number, row.created_on, author, row.source, row.message, row.tag
    )


def _deployment(row: Deployment) -> DeploymentSummary:
    shares = tuple(
        Share(str(share.version_id), 100 * share.weight / TOTAL) for share in row.shares.all()
    )
    author = row.author.get_username() if row.author else row.author_email
    return DeploymentSummary(str(row.id), row.created_on, author, row.source, row.message, shares)
