"""What the pages read, in a number of queries that does not grow with the rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from uuid import UUID

from django.db.models import Max, OuterRef, Subquery

from dashboard.ui.standing import HEAVY, Role, Standing, of, with_standings
from dashboard.workers.history import Entry, State, entry, state_of
from routing.models import (
    DEPLOYABLE,
    Deployment,
    DeploymentQuerySet,
    Share,
    Version,
    VersionQuerySet,
    Worker,
)
from routing.rules.split import TOTAL

#: Timeline entries on one page.
ENTRIES = 20


@dataclass
class Row:
    """A Worker in the list; `deployment` is None before its first one."""

    worker: Worker
    deployment: Deployment | None
    standings: list[Standing] = field(default_factory=list)

    @cached_property
    def state(self) -> State:
        return state_of(self.deployment, self.standings)


@dataclass
class Upload:
    """A version in the table, with how it stands now."""

    version: Version
    standing: Standing
    deployable: bool = True


def rows(search: str = "") -> list[Row]:
    """The Workers whose name contains `search`, those that need attention first."""
    newest = Deployment.objects.filter(worker=OuterRef("pk")).newest_first()
    workers = list(
        Worker.objects.filter(name__icontains=search).annotate(
            active_id=Subquery(newest.values("id")[:1])
        )
    )
    active = {d.worker_id: d for d in _deployments().filter(id__in=[w.active_id for w in workers])}
    return sorted((_row(w, active.get(w.pk)) for w in workers), key=_attention)


def row_of(worker: Worker) -> Row:
    """One Worker with its active deployment."""
    return _row(worker, _deployments().filter(worker=worker).newest_first().first())


def timeline(worker: Worker, before: int | None = None) -> tuple[list[Entry], int | None]:
    """Deployments newest first, from below number `before`; and where the next page starts."""
    found = _deployments().filter(worker=worker).newest_first()
    if before is not None:
        found = found.filter(number__lt=before)
    listed = list(found[: ENTRIES + 1])
    entries = [entry(d, p) for d, p in zip_longest(listed, listed[1:])]
    more = listed[ENTRIES - 1].number if len(listed) > ENTRIES else None
    return entries[:ENTRIES], more


def deployment_of(worker: Worker, deployment_id: str) -> Row:
    """The Worker as it was with that deployment live; with none where there is no such one."""
    try:
        found = _deployments().filter(worker=worker, id=UUID(deployment_id)).first()
    except ValueError:
        found = None
    return _row(worker, found)


def last_stable_before(row: Row) -> Version | None:
    """The version that held 100 % before the one that is stable now."""
    if not row.standings:
        return None
    stable = row.standings[-1].version
    held = Share.objects.filter(deployment__worker=row.worker, weight=TOTAL)
    last = held.exclude(version=stable).select_related("version").order_by("-deployment__number")
    share = last.first()
    return share.version if share else None


def uploads(worker: Worker, live: list[Standing]) -> list[Upload]:
    """The versions that can still be deployed, newest first."""
    found = with_last_deployment(worker.versions.all()).select_related("author").defer(*HEAVY)
    undone = rollback_numbers(worker)
    return [Upload(v, stand(v, live, undone)) for v in found.newest_first()[:DEPLOYABLE]]


def upload_of(worker: Worker, version_id: UUID | str, live: list[Standing]) -> Upload | None:
    """One version with everything about it, or None when this Worker has no such version."""
    found = with_last_deployment(worker.versions.all()).select_related("author")
    version = found.filter(id=version_id).first()
    if version is None:
        return None
    newer = worker.versions.filter(number__gt=version.number).count()
    return Upload(version, stand(version, live, rollback_numbers(worker)), newer < DEPLOYABLE)


def with_last_deployment(versions: VersionQuerySet) -> VersionQuerySet:
    """Versions that know the number of the last deployment they were in."""
    return versions.annotate(last_in=Max("shares__deployment__number"))


def rollback_numbers(worker: Worker) -> set[int]:
    """The numbers of the deployments that rolled back."""
    return set(worker.deployments.filter(is_rollback=True).values_list("number", flat=True))


def stand(version: Version, live: list[Standing], undone: set[int]) -> Standing:
    """How a version stands now: live, rolled back, deployed once, or never."""
    for standing in live:
        if standing.version.pk == version.pk:
            return standing
    last_in: int | None = getattr(version, "last_in", None)
    if last_in is None:
        return Standing(version, Role.NEVER)
    return Standing(version, Role.ROLLED_BACK if last_in + 1 in undone else Role.FORMER)


def _deployments() -> DeploymentQuerySet:
    return with_standings(Deployment.objects.all())


def _row(worker: Worker, deployment: Deployment | None) -> Row:
    return Row(worker, deployment, of(deployment) if deployment else [])


def _attention(row: Row) -> tuple[int, str]:
    return (row.state.order, row.worker.name)
