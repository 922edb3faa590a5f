"""What the Deployments view of a Worker at Cloudflare shows, each part as of its own time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.accounts.models import Role as PersonRole, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.cloud import messages
from dashboard.cloud.accounts.access import capabilities_of
from dashboard.cloud.models import CloudAccount, FollowedWorker
from dashboard.cloud.pages.change_note import ChangeNote, change_note_of
from dashboard.cloud.pages.verification_note import VerificationNote, verification_note
from dashboard.cloud.provider.capabilities import Capability, Support
from dashboard.cloud.provider.roles import SplitRoles, roles_of
from dashboard.cloud.provider.values import (
    Counts,
    DeploymentSummary,
    ErrorCount,
    ErrorCounts,
    Share,
    VersionCount,
    VersionSummary,
)
from dashboard.cloud.readings import Reading
from dashboard.cloud.worker_readings import counts_of, deployments_of, errors_of, versions_of
from dashboard.fleet.version_roles import WORDS, Role


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One version of the live deployment. `observed` is its percentage of the counted requests."""

    role: Role
    share: Share
    version: VersionSummary | None
    count: VersionCount | None
    observed: float | None
    failures: ErrorCount | None

    @property
    def word(self) -> str:
        return WORDS[self.role]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """`weight` is the candidate's part in units of 0.001%; None without a candidate."""

    deployment: DeploymentSummary
    live: bool
    role: Role
    percentage: float
    number: int
    weight: int | None

    @property
    def word(self) -> str:
        return WORDS[self.role]


@dataclass(frozen=True, slots=True)
class Typed:
    """A deploy form as it was sent."""

    candidate: str
    percentage: str
    message: str


@dataclass(frozen=True, slots=True)
class DeployForm:
    """`versions` can be chosen. One is filled in at the percentage that it has, or what was typed
    into a form that was refused."""

    versions: Sequence[VersionSummary]
    stable_id: str
    chosen_id: str
    percentage: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPage:
    """`weight` as in `HistoryRow`, `observed_weight` the same of counted requests. `known` are
    (what, level, how it differs, on our own edges). `moved`: another deployment is live than when
    the page was opened. `mixed`: figures include requests of the deployment before."""

    account: CloudAccount
    name: str
    followed: FollowedWorker | None
    can: Permission
    why_off: str
    problem: tuple[str, str] | None
    read: Reading[Sequence[DeploymentSummary]]
    live: DeploymentSummary | None
    rows: Sequence[ShareRow]
    weight: int | None
    observed_weight: int | None
    mixed: bool
    counts: Reading[Counts]
    errors: Reading[ErrorCounts]
    history: Sequence[HistoryRow]
    deploy: DeployForm
    known: Sequence[tuple[str, str, str, str]]
    change: ChangeNote | None
    verification: VerificationNote | None
    refused: str
    moved: bool


def worker_page(
    account: CloudAccount,
    name: str,
    user: User,
    now: datetime,
    *,
    typed: Typed | None = None,
    refused: str = "",
    opened_on: str = "",
) -> WorkerPage:
    """At most four calls, shared by all viewers. `refused` says why `typed` was not deployed;
    `opened_on` is the deployment that was live when the page was opened."""
    read = deployments_of(account, name, now)
    listed = read.value or ()
    versions = versions_of(account, name, listed, now).value or ()
    counts, errors = counts_of(account, name, now), errors_of(account, now)
    numbers = {version.id: version.number for version in versions}
    roles = roles_of(listed, 0, numbers) if listed else None
    can = permission(user, PersonRole.OPERATOR)
    rows = _share_rows(
        _live_shares(listed, roles), versions, counts.value, _of_worker(errors.value, name)
    )
    return WorkerPage(
        account=account,
        name=name,
        followed=account.workers.filter(name=name).first(),
        can=can,
        why_off=_why_off(account, can, read),
        problem=messages.PROBLEMS.get(account.problem),
        read=read,
        live=listed[0] if listed else None,
        rows=rows,
        weight=_weight(roles),
        observed_weight=_observed_weight(rows),
        mixed=bool(listed and counts.value and counts.value.since < listed[0].created_at),
        counts=counts,
        errors=errors,
        history=[_history_row(listed, place, numbers) for place in range(len(listed))],
        deploy=_deploy_form(roles, versions, typed),
        known=_known(account),
        change=change_note_of(account, name, read, now),
        verification=verification_note(account, name, listed[0] if listed else None),
        refused=refused,
        moved=bool(opened_on and listed and listed[0].id != opened_on),
    )


def _of_worker(errors: ErrorCounts | None, name: str) -> dict[str, ErrorCount]:
    """By version id."""
    found = errors.versions if errors else {}
    return {version: count for (worker, version), count in found.items() if worker == name}


def _live_shares(
    listed: Sequence[DeploymentSummary], roles: SplitRoles | None
) -> list[tuple[Role, Share]]:
    """The candidate first; versions of an unusual split as they are listed."""
    if not listed:
        return []
    pairs = [(Role.PREVIOUS, share) for share in listed[0].shares]
    if roles is not None:
        pairs = [(Role.STABLE, roles.stable)]
        if roles.candidate:
            pairs.insert(0, (_candidate_role(roles.candidate), roles.candidate))
    return pairs


def _share_rows(
    shares: Sequence[tuple[Role, Share]],
    versions: Sequence[VersionSummary],
    counts: Counts | None,
    failures: Mapping[str, ErrorCount],
) -> list[ShareRow]:
    by_id = {version.id: version for version in versions}
    seen = counts.seen if counts else 0
    rows = []
    for role, share in shares:
        version_id = share.version_id
        count = counts.of(version_id) if counts else None
        observed = 100 * (count.seen if count else 0) / seen if seen else None
        failed = failures.get(version_id)
        rows.append(ShareRow(role, share, by_id.get(version_id), count, observed, failed))
    return rows


def _history_row(
    listed: Sequence[DeploymentSummary], place: int, numbers: Mapping[str, int]
) -> HistoryRow:
    deployment, roles = listed[place], roles_of(listed, place, numbers)
    role, share = Role.STABLE, deployment.shares[0]
    if roles is not None:
        share = roles.candidate or roles.stable
        if roles.candidate:
            role = _candidate_role(share)
    return HistoryRow(
        deployment,
        place == 0,
        role,
        share.percentage,
        numbers.get(share.version_id, 0),
        _weight(roles),
    )


def _candidate_role(share: Share) -> Role:
    return Role.CANDIDATE if share.percentage else Role.STAGED


def _weight(roles: SplitRoles | None) -> int | None:
    if roles is None or roles.candidate is None:
        return None
    return round(roles.candidate.percentage * 1000)


def _observed_weight(rows: Sequence[ShareRow]) -> int | None:
    """None if nothing was counted, or if requests of other versions were."""
    observed = [row.observed for row in rows]
    if len(observed) != 2 or None in observed or round(sum(filter(None, observed)), 6) != 100:
        return None
    return round((observed[0] or 0) * 1000)


def _deploy_form(
    roles: SplitRoles | None, versions: Sequence[VersionSummary], typed: Typed | None
) -> DeployForm:
    """What was typed, else the candidate, else the newest version that is not stable."""
    stable_id = roles.stable.version_id if roles else ""
    if typed:
        return DeployForm(versions, stable_id, typed.candidate, typed.percentage, typed.message)
    if roles and roles.candidate:
        chosen = roles.candidate
        percentage = f"{chosen.percentage:.3f}".rstrip("0").rstrip(".")
        return DeployForm(versions, stable_id, chosen.version_id, percentage)
    newest = next((version.id for version in versions if version.id != stable_id), "")
    return DeployForm(versions, stable_id, newest, "0")


def _why_off(account: CloudAccount, can: Permission, read: Reading[Any]) -> str:
    """Why deploying is off; empty if it works."""
    if not can:
        return can.why
    if account.problem:
        return messages.PROBLEMS[account.problem][0] + "."
    if not capabilities_of(account)[Capability.DEPLOY].works:
        return messages.WHY["no_deploy"]
    return messages.NOT_READ if read.problem or not read.known else ""


def _known(account: CloudAccount) -> list[tuple[str, str, str, str]]:
    """Each capability that differs from our own edges."""
    table: Mapping[Capability, Support] = capabilities_of(account)
    return [
        (
            messages.CAPABILITIES[str(capability)],
            str(support.level),
            messages.WHY[support.why],
            messages.OWN_EDGES[str(capability)],
        )
        for capability, support in table.items()
        if support.why
    ]
