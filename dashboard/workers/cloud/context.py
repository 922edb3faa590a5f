"""What the pages about versions of a connected account show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.cloud import messages
from dashboard.cloud.accounts.access import capabilities_of
from dashboard.cloud.messages import WHY
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.roles import roles_of
from dashboard.cloud.provider.values import DeploymentSummary, VersionSummary
from dashboard.cloud.readings import Reading
from dashboard.cloud.worker_readings import deployments_of, versions_of
from dashboard.fleet.version_roles import WORDS, Role
from dashboard.workers import messages as texts
from dashboard.workers.cloud.contents import Contents, contents_of
from dashboard.workers.diff import version_diff, views as diff
from dashboard.workers.diff.views import Changes
from dashboard.workers.queries.static_files import compare


@dataclass(frozen=True, slots=True)
class VersionLine:
    """`percentage` in the live deployment; None if it is not in it."""

    version: VersionSummary
    role: Role
    percentage: float | None

    @property
    def id(self) -> str:
        return self.version.id

    @property
    def word(self) -> str:
        return WORDS[self.role] if self.role is not Role.PREVIOUS else "Not live"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsPage:
    """`stable_id` is empty if stable is unknown. `upload_off`: why no version can be uploaded."""

    account: CloudAccount
    name: str
    problem: tuple[str, str] | None
    versions: Reading[Sequence[VersionSummary]]
    lines: Sequence[VersionLine]
    stable_id: str
    upload_off: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage(VersionsPage):
    line: VersionLine | None
    contents: Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPage(VersionsPage):
    """`code_problem`: why modules are not compared. `secrets_unknown`: the API has no values of
    secrets, so they may differ."""

    left: VersionLine
    right: VersionLine
    whole: bool
    unread: str
    code_problem: str
    secrets_unknown: bool
    nothing_words: str


def versions_page(account: CloudAccount, name: str, now: datetime) -> VersionsPage:
    read = deployments_of(account, name, now)
    versions = versions_of(account, name, read.value or (), now)
    support = capabilities_of(account)[Capability.UPLOAD]
    lines, stable_id = _lines(versions.value or (), read.value or ())
    return VersionsPage(
        account=account,
        name=name,
        problem=messages.PROBLEMS.get(account.problem),
        versions=versions,
        lines=lines,
        stable_id=stable_id,
        upload_off=WHY[support.why] if not support.works else "",
    )


def version_page(account: CloudAccount, name: str, version_id: str, now: datetime) -> VersionPage:
    around = versions_page(account, name, now)
    return VersionPage(
        **_fields(around),
        line=next((line for line in around.lines if line.id == version_id), None),
        contents=contents_of(account, name, version_id, now),
    )


def diff_page(
    account: CloudAccount, name: str, sides: tuple[str, str], whole: bool, now: datetime
) -> tuple[DiffPage, Changes] | None:
    """None for versions that are not listed."""
    around = versions_page(account, name, now)
    by_id = {line.id: line for line in around.lines}
    if not by_id.keys() >= set(sides):
        return None
    left, right = (contents_of(account, name, side, now) for side in sides)
    code_problem = left.code.problem or right.code.problem
    page = DiffPage(
        **_fields(around),
        left=by_id[sides[0]],
        right=by_id[sides[1]],
        whole=whole,
        unread=left.problem or right.problem,
        code_problem=code_problem,
        secrets_unknown=left.has_secrets and right.has_secrets,
        nothing_words=texts.CLOUD_SAME_WITHOUT_CODE if code_problem else texts.CLOUD_NO_DIFFERENCE,
    )
    files = version_diff.files(left.files, right.files, whole) if not code_problem else []
    compared = diff.compared(
        files,
        version_diff.facts(left.bindings, right.bindings),
        version_diff.facts(left.settings, right.settings),
        compare({}, {}),
    )
    return page, compared


def _lines(
    versions: Sequence[VersionSummary], listed: Sequence[DeploymentSummary]
) -> tuple[list[VersionLine], str]:
    numbers = {version.id: version.number for version in versions}
    roles = roles_of(listed, 0, numbers) if listed else None
    before = {share.version_id for deployment in listed[1:] for share in deployment.shares}
    live = {share.version_id: share.percentage for share in listed[0].shares} if listed else {}
    stable_id = roles.stable.version_id if roles else ""
    candidate = roles.candidate if roles else None

    def role(version_id: str) -> Role:
        if version_id == stable_id:
            return Role.STABLE
        if candidate and version_id == candidate.version_id:
            return Role.CANDIDATE if candidate.percentage else Role.STAGED
        return Role.FORMER if version_id in before else Role.PREVIOUS

    return [VersionLine(v, role(v.id), live.get(v.id)) for v in versions], stable_id


def _fields(page: VersionsPage) -> dict[str, Any]:
    return {name: getattr(page, name) for name in VersionsPage.__dataclass_fields__}
