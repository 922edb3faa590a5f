"""The followed Workers of an account with what is live, each as of its own time.

An open page costs few calls: the list every 15 seconds, and deployments of some Workers, those that
were never read first, then the oldest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.accounts.models import Role as PersonRole, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.cloud import messages
from dashboard.cloud.accounts.access import client_of, provider_of
from dashboard.cloud.client import values
from dashboard.cloud.models import CloudAccount, FollowedWorker
from dashboard.cloud.provider.roles import SplitRoles, roles_of
from dashboard.cloud.provider.values import DeploymentSummary, VersionSummary
from dashboard.cloud.readings import LISTS, Reading, reading, stored_reading

SPLITS = 300.0
"""Seconds for which a Worker's deployments are fresh enough for the list."""
MOST_FIRST, MOST_AGAIN = 6, 1
"""Deployments that one look at the list reads: of Workers never read, of others."""
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """`listed` is false for a followed Worker that the account no longer has."""

    name: str
    address: str
    deployed_at: datetime | None
    listed: bool
    read: Reading[Sequence[DeploymentSummary]]
    roles: SplitRoles | None

    @property
    def live(self) -> DeploymentSummary | None:
        return self.read.value[0] if self.read.value else None

    @property
    def weight(self) -> int | None:
        """The candidate's part in units of 0.001%; None without a candidate."""
        candidate = self.roles.candidate if self.roles else None
        return round(candidate.percentage * 1000) if candidate else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersPage:
    account: CloudAccount
    can: Permission
    problem: tuple[str, str] | None
    listed: Reading[tuple[values.Worker, ...]]
    lines: Sequence[WorkerLine]
    others: int


def workers_page(account: CloudAccount, user: User, now: datetime) -> WorkersPage:
    listed = reading(account, "workers", lambda: client_of(account).workers(), now, LISTS)
    followed = list(account.workers.all())
    readings = _readings(account, followed, now)
    by_name = {worker.name: worker for worker in listed.value or ()}
    return WorkersPage(
        account=account,
        can=permission(user, PersonRole.ADMIN),
        problem=messages.PROBLEMS.get(account.problem),
        listed=listed,
        lines=[
            _line(
                row,
                by_name.get(row.name),
                not listed.known,
                readings[row.name],
                stored_reading(account, f"versions.{row.name}"),
            )
            for row in followed
        ],
        others=len(by_name.keys() - {row.name for row in followed}),
    )


def _readings(
    account: CloudAccount, followed: Sequence[FollowedWorker], now: datetime
) -> dict[str, Reading[Sequence[DeploymentSummary]]]:
    stored: dict[str, Reading[Sequence[DeploymentSummary]]] = {
        row.name: stored_reading(account, f"deployments.{row.name}") for row in followed
    }
    by_age = sorted(stored, key=lambda name: stored[name].read_at or NEVER)
    first = [name for name in by_age if not stored[name].known][:MOST_FIRST]
    for name in first or by_age[:MOST_AGAIN]:
        stored[name] = _read_again(account, name, now)
    return stored


def _read_again(
    account: CloudAccount, name: str, now: datetime
) -> Reading[Sequence[DeploymentSummary]]:
    what = f"deployments.{name}"
    return reading(account, what, lambda: provider_of(account).deployments(name), now, SPLITS)


def _line(
    row: FollowedWorker,
    worker: values.Worker | None,
    unknown: bool,
    read: Reading[Sequence[DeploymentSummary]],
    versions: Reading[Sequence[VersionSummary]],
) -> WorkerLine:
    """Roles are of versions as they were read last, for another page: this one reads none."""
    numbers = {version.id: version.number for version in versions.value or ()}
    roles = roles_of(read.value, 0, numbers) if read.value else None
    deployed_at = worker.deployed_on if worker else None
    return WorkerLine(
        row.name, row.address, deployed_at, unknown or worker is not None, read, roles
    )
