"""A request's split before and after, for the split bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from dashboard.fleet.deployment_cache import roles_by_deployment_id
from dashboard.fleet.version_roles import HEAVY, Role, Standing
from dashboard.reviews.proposals.models import Proposal
from routing.models import Version


@dataclass(frozen=True, slots=True)
class Splits:
    """The split before and after. `candidate` is None if the version was deleted."""

    before: Sequence[Standing]
    after: Sequence[Standing]

    @property
    def candidate(self) -> Standing | None:
        return self.after[0] if self.after else None

    @property
    def stable(self) -> Standing | None:
        """The stable version before."""
        return self.before[-1] if self.before else None

    @property
    def now_weight(self) -> int:
        """The candidate's share before."""
        candidate = self.candidate
        had = {s.version.pk: s.weight or 0 for s in self.before}
        return had.get(candidate.version.pk, 0) if candidate else 0


def splits_of(proposals: Iterable[Proposal]) -> dict[UUID, Splits]:
    """By the requests' ids; two queries."""
    rows = list(proposals)
    ids = {UUID(version_id) for row in rows for version_id, _ in row.shares}
    versions = Version.objects.defer(*HEAVY).in_bulk(ids)
    before = roles_by_deployment_id(
        UUID(row.from_deployment_id) for row in rows if row.from_deployment_id
    )
    return {row.pk: _splits(row, versions, before) for row in rows}


def _splits(
    proposal: Proposal, versions: dict[UUID, Version], before: dict[UUID, list[Standing]]
) -> Splits:
    starts = proposal.from_deployment_id
    live = before[UUID(starts)] if starts else []
    stable = live[-1].version.pk if live else None
    after = [
        _standing(versions[UUID(version_id)], stable, round(float(percentage) * 1000), place)
        for place, (version_id, percentage) in enumerate(proposal.shares)
        if UUID(version_id) in versions
    ]
    return Splits(live, sorted(after, key=lambda standing: standing.is_stable))


def _standing(version: Version, stable: UUID | None, weight: int, place: int) -> Standing:
    role = Role.STABLE if version.pk == stable else Role.CANDIDATE if weight else Role.STAGED
    return Standing(version, role, weight, place)
