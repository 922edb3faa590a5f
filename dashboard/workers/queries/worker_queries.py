"""A Worker with its active deployment; its versions and deployments. Constant query counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from dashboard.fleet.deployment_cache import (
    lineage_of,
    roles_by_deployment_id,
    roles_of_deployments,
)
from dashboard.fleet.version_roles import HEAVY, Role, Standing
from dashboard.workers.queries.timeline import (
    TimelineEntry,
    WorkerState,
    entry_for,
    state_of,
)
from routing.control.publish import hostname
from routing.models import (
    DEPLOYABLE,
    Deployment,
    DeploymentQuerySet,
    Share,
    Version,
    VersionQuerySet,
    Worker,
    deployable,
)
from routing.rules.lineage import Lineage

#: Timeline entries on one page.
ENTRIES = 20


@dataclass
class WorkerRow:
    """A Worker with its active deployment, None before the first one."""

    worker: Worker
    deployment: Deployment | None
    standings: list[Standing] = field(default_factory=list)

    @cached_property
    def state(self) -> WorkerState:
        made = self.deployment
        return state_of(self.standings, made is not None and made.is_rollback)

    @cached_property
    def lineage(self) -> Lineage | None:
        return lineage_of(self.deployment) if self.deployment else None

    @property
    def rolled_back(self) -> frozenset[int]:
        """Numbers of versions that were rolled back."""
        return self.lineage.rolled_back if self.lineage else frozenset()

    @property
    def candidate(self) -> Standing | None:
        """The live version beside the stable one that is being tried."""
        return next((s for s in self.standings if s.is_candidate), None)

    @property
    def hostname(self) -> str:
        """Empty when its name is switched off: only other Workers call it."""
        return hostname(self.worker.name) if self.worker.subdomain_enabled else ""


@dataclass
class VersionRow:
    """A version with its current role. `is_before_migration`: why it is not `deployable`."""

    version: Version
    standing: Standing
    deployable: bool = True
    is_before_migration: bool = False


def worker_row(worker: Worker) -> WorkerRow:
    """One Worker with its active deployment."""
    return _row_with(worker, _deployments(worker).newest_first().first())


def live_with_authors(row: WorkerRow) -> list[Standing]:
    """The live roles, with the authors of their versions loaded."""
    ids = [s.version.pk for s in row.standings]
    versions = row.worker.versions.defer(*HEAVY).select_related("author").in_bulk(ids)
    return [replace(s, version=versions[s.version.pk]) for s in row.standings]


def timeline(
    worker: Worker, before: int | None = None, size: int = ENTRIES, condition: Q | None = None
) -> tuple[list[TimelineEntry], int | None]:
    """Deployments newest first, from below number `before`; and where the next page starts."""
    rows = _deployments(worker).filter(condition or Q()).newest_first()
    if before is not None:
        rows = rows.filter(number__lt=before)
    listed = list(rows[: size + 1])
    return _entries(worker, listed, size), (listed[size - 1].number if len(listed) > size else None)


def _entries(worker: Worker, listed: list[Deployment], size: int) -> list[TimelineEntry]:
    """What each of the first `size` did, by the one before it, which filters may have left out."""
    ids = {d.number: d.pk for d in listed}
    missing = {d.number - 1 for d in listed[:size]} - ids.keys() - {0}
    if missing:
        earlier = worker.deployments.filter(number__in=missing)
        ids |= dict(earlier.values_list("number", "pk"))
    standings = roles_by_deployment_id(ids.values())
    none: list[Standing] = []
    return [
        entry_for(d, standings[d.pk], standings[ids[d.number - 1]] if d.number - 1 in ids else none)
        for d in listed[:size]
    ]


def timeline_entry(worker: Worker, deployment_id: UUID) -> TimelineEntry | None:
    """One deployment, with what it did."""
    deployment = _deployments(worker).filter(id=deployment_id).first()
    return _entries(worker, [deployment], 1)[0] if deployment else None


def worker_row_at(worker: Worker, deployment_id: str) -> WorkerRow:
    """The Worker with that deployment instead of the active one; None if there is none."""
    try:
        deployment = _deployments(worker).filter(id=UUID(deployment_id)).first()
    except ValueError:
        deployment = None
    return _row_with(worker, deployment)


def version_rows(
    row: WorkerRow,
    before: int | None = None,
    size: int = DEPLOYABLE,
    condition: Q | None = None,
) -> tuple[list[VersionRow], int | None]:
    """Versions newest first, from below number `before`; and where the next page starts."""
    versions = row.worker.versions.filter(condition or Q())
    rows = with_last_deployment(versions).select_related("author")
    if before is not None:
        rows = rows.filter(number__lt=before)
    listed = list(rows.defer(*HEAVY).newest_first()[: size + 1])
    shown = [VersionRow(v, current_role(v, row)) for v in listed[:size]]
    return shown, listed[size - 1].number if len(listed) > size else None


def deployable_standings(row: WorkerRow) -> list[Standing]:
    """The roles of deployable versions, newest first."""
    versions = with_last_deployment(deployable([row.worker])).defer(*HEAVY)
    return [current_role(version, row) for version in versions]


def version_row(row: WorkerRow, version_id: UUID | str) -> VersionRow | None:
    """One version with its role; None if this Worker has no such version."""
    versions = with_last_deployment(row.worker.versions.all()).select_related("author", "worker")
    version = versions.filter(id=version_id).first()
    if version is None:
        return None
    allowed = deployable([row.worker]).filter(pk=version.pk).exists()
    return VersionRow(version, current_role(version, row), allowed, version.is_before_migration)


def with_last_deployment(versions: VersionQuerySet) -> VersionQuerySet:
    """Annotates `last_in`, the number of the last deployment with the version."""
    last = Share.objects.filter(version=OuterRef("pk")).order_by("-deployment__number")
    return versions.annotate(last_in=Subquery(last.values("deployment__number")[:1]))


def current_role(version: Version, row: WorkerRow) -> Standing:
    """Live, rolled back, deployed before, or never deployed."""
    for standing in row.standings:
        if standing.version.pk == version.pk:
            return standing
    if version.number in row.rolled_back:
        return Standing(version, Role.ROLLED_BACK, rolled_back=True)
    return Standing(version, Role.NEVER if _last_in(version) is None else Role.FORMER)


def _last_in(version: Version) -> int | None:
    last: int | None = getattr(version, "last_in", None)
    return last


def _deployments(worker: Worker) -> DeploymentQuerySet:
    return worker.deployments.select_related("author")


def _row_with(worker: Worker, deployment: Deployment | None) -> WorkerRow:
    if deployment is None:
        return WorkerRow(worker, None)
    deployment.worker = worker  # saves a query
    return WorkerRow(worker, deployment, roles_of_deployments([deployment])[deployment.pk])
