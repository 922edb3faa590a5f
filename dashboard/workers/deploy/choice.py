"""Which version a form is about: the one in the request, never a substitute."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from dashboard.fleet.version_roles import Role, Standing
from dashboard.workers.messages import BEFORE, NEVER, UNDONE
from dashboard.workers.queries.worker_queries import (
    VersionRow,
    WorkerRow,
    deployable_standings,
    version_row,
    version_rows,
)
from routing.models import Version, deployable
from routing.rules.split import TOTAL

OTHERS = 6
"""Alternatives to list when the requested version cannot be used."""


class Problem(StrEnum):
    """Why a form cannot be filled in; `templates/workers/deploy/_choice_problem.html` words it."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    TOO_OLD = "too_old"
    MIGRATED = "migrated"
    STABLE = "stable"
    NO_OTHER = "no_other"
    NOT_EARLIER = "not_earlier"
    LIVE_ALONE = "live_alone"
    NO_WAY_BACK = "no_way_back"


@dataclass(frozen=True, slots=True)
class Choice:
    """A version with its current role, or the problem. `asked` is the id in the request."""

    standing: Standing | None = None
    problem: Problem | None = None
    asked: str = ""

    @property
    def version(self) -> Version | None:
        return self.standing.version if self.standing else None


def to_split(row: WorkerRow, asked: str, must_name: bool) -> Choice:
    """The candidate of a split. Without `asked`: the live candidate, else the newest version that
    was never rolled back. `must_name` (for POST) forbids the default."""
    if not asked:
        return Choice(problem=Problem.MISSING) if must_name else _default_candidate(row)
    upload = _named(row, asked)
    if upload is None:
        return Choice(problem=Problem.UNKNOWN, asked=asked)
    if upload.standing.is_stable:
        return Choice(upload.standing, Problem.STABLE, asked)
    return _deployable(upload, asked)


def to_roll_back(row: WorkerRow, asked: str, must_name: bool) -> Choice:
    """The version to roll back to. Without `asked`: `way_back`."""
    if not asked:
        return Choice(problem=Problem.MISSING) if must_name else _default_way_back(row)
    upload = _named(row, asked)
    if upload is None:
        return Choice(problem=Problem.UNKNOWN, asked=asked)
    if len(row.standings) == 1 and upload.standing.is_stable:
        return Choice(upload.standing, Problem.LIVE_ALONE, asked)
    if not _is_back(row, upload.standing):
        return Choice(upload.standing, Problem.NOT_EARLIER, asked)
    return _deployable(upload, asked)


def way_back(row: WorkerRow) -> Version | None:
    """The stable version while a candidate has traffic; else the previous version at 100%, unless
    it was ever rolled back."""
    first = row.standings[0] if row.standings else None
    if first and first.is_candidate and first.weight:
        return row.standings[-1].version
    back = row.lineage.rollback_target if row.lineage else None
    return deployable([row.worker]).filter(number=back).first() if back else None


def others(row: WorkerRow, form: str) -> tuple[Standing, ...]:
    """Alternatives for the form `split` or `rollback`."""
    if form == "rollback":
        listed = [s for _, group in earlier(row) for s in group]
    else:
        listed = [u.standing for u in version_rows(row, size=OTHERS + 2)[0]]
    return tuple(s for s in listed if not s.is_stable or form == "rollback")[:OTHERS]


def earlier(row: WorkerRow) -> list[tuple[str, tuple[Standing, ...]]]:
    """Versions to roll back to, newest first: deployed before, never deployed, rolled back."""
    groups: dict[str, list[Standing]] = {BEFORE: [], NEVER: [], UNDONE: []}
    for standing in deployable_standings(row):
        if standing.weight == TOTAL or not _is_back(row, standing):
            continue
        never = NEVER if standing.role is Role.NEVER else BEFORE
        group = UNDONE if standing.rolled_back else never
        groups[group].append(standing)
    return [(group, tuple(versions)) for group, versions in groups.items() if versions]


def _default_candidate(row: WorkerRow) -> Choice:
    """The live candidate, also at 0%; else the newest that was never rolled back."""
    if len(row.standings) > 1:
        return Choice(row.standings[0])
    live = {s.version.number for s in row.standings}
    offered = deployable([row.worker]).exclude(number__in=live | row.rolled_back)
    newest = offered.first()
    upload = version_row(row, newest.pk) if newest else None
    return Choice(upload.standing) if upload else Choice(problem=Problem.NO_OTHER)


def _default_way_back(row: WorkerRow) -> Choice:
    version = way_back(row)
    upload = version_row(row, version.pk) if version else None
    return Choice(upload.standing) if upload else Choice(problem=Problem.NO_WAY_BACK)


def _named(row: WorkerRow, text: str) -> VersionRow | None:
    try:
        return version_row(row, UUID(text))
    except ValueError:
        return None


def _deployable(upload: VersionRow, asked: str) -> Choice:
    problem = None if upload.deployable else Problem.TOO_OLD
    if upload.is_before_migration:
        problem = Problem.MIGRATED
    return Choice(upload.standing, problem, asked)


def goes_back(row: WorkerRow, standing: Standing) -> bool:
    """Whether a version's own menu offers to roll back to it: it was live once, and is earlier."""
    return standing.weight is None and standing.role is not Role.NEVER and _is_back(row, standing)


def _is_back(row: WorkerRow, standing: Standing) -> bool:
    """Whether going there is going back: the stable version, or one older than the newest live."""
    newest = max((s.version.number for s in row.standings), default=0)
    return standing.is_stable or standing.version.number < newest
