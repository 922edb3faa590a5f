"""*Try this policy*: the approvals it would have required for the last changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from dashboard.accounts.models import Role, User
from dashboard.fleet.deployment_cache import lineage_of, roles_by_deployment_id
from dashboard.fleet.version_roles import Standing
from dashboard.reviews.policies.change import Change, Split, change_between
from dashboard.reviews.policies.edits import effective, workers_of
from dashboard.reviews.policies.messages import match_words
from dashboard.reviews.policies.policy import Policy
from dashboard.reviews.policies.requirement import Requirement, required
from dashboard.reviews.proposals.change import facts_of
from dashboard.reviews.proposals.decisions.approvals import ineligible_reason
from dashboard.reviews.proposals.decisions.reevaluate import voter_of
from routing.models import Deployment, Worker

CHANGES = 20


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A past deployment: approvals required by the policy in effect (`today`) and by the
    previewed one (`needs`). `unapprovable`: too few people could approve it."""

    deployment: Deployment
    standings: Sequence[Standing]
    today: int
    needs: int
    rule: str
    unapprovable: bool

    @property
    def more(self) -> bool:
        return self.needs > self.today


@dataclass(frozen=True, slots=True)
class Preview:
    """`by_need`: (approvals, number of changes)."""

    rows: Sequence[PreviewRow]
    by_need: Sequence[tuple[int, int]]
    more: int
    unapprovable: int


def preview_of(policy: Policy, worker: Worker | None) -> Preview:
    """The last changes of `worker`, or of every Worker that follows the account-wide default."""
    newest = list(
        Deployment.objects.filter(worker__in=workers_of(worker).order_by())
        .with_shares()
        .order_by("-created_on")[:CHANGES]
    )
    before = _before(newest)
    people = _reviewers()
    today = effective(worker).policy
    standings = roles_by_deployment_id(row.pk for row in newest)
    rows = [
        _tried(row, before.get(row.pk), today, policy, standings[row.pk], people) for row in newest
    ]
    needs = sorted({row.needs for row in rows})
    return Preview(
        rows=rows,
        by_need=[(need, sum(row.needs == need for row in rows)) for need in needs],
        more=sum(row.more for row in rows),
        unapprovable=sum(row.unapprovable for row in rows),
    )


def _tried(
    row: Deployment,
    before: Deployment | None,
    today: Policy,
    policy: Policy,
    standings: Sequence[Standing],
    people: Sequence[User],
) -> PreviewRow:
    change = _change(row, before)
    new = required(policy, change)
    return PreviewRow(
        deployment=row,
        standings=standings,
        today=required(today, change).approvals,
        needs=new.approvals,
        rule=match_words(new.matches[0]) if new.matches else _none_words(change),
        unapprovable=_able(new, _owners(row), people) < new.approvals,
    )


def _none_words(change: Change) -> str:
    return "no rule" if change.parts else "way back"


def _change(row: Deployment, before: Deployment | None) -> Change:
    history = lineage_of(before) if before else None
    return change_between(_split(before), _split(row), history)


def _split(deployment: Deployment | None) -> Split:
    if deployment is None:
        return []
    return [(facts_of(share.version), share.weight) for share in deployment.shares.all()]


def _before(rows: Sequence[Deployment]) -> dict[UUID, Deployment]:
    """The deployment that each one replaced; one query for all Workers."""
    pks = {(row.worker_id, row.number - 1): row.pk for row in rows if row.number > 1}
    numbers = {number for _, number in pks}
    workers = {worker for worker, _ in pks}
    earlier = Deployment.objects.filter(worker__in=workers, number__in=numbers).with_shares()
    return {
        pks[row.worker_id, row.number]: row for row in earlier if (row.worker_id, row.number) in pks
    }


def _owners(row: Deployment) -> set[str]:
    authors = [share.version.author for share in row.shares.all()] + [row.author]
    return {author.get_username() for author in authors if author is not None}


def _reviewers() -> list[User]:
    roles = (Role.REVIEWER, Role.ADMIN)
    return list(User.objects.filter(is_active=True, by_token_only=False, role__in=roles))


def _able(requirement: Requirement, owners: Collection[str], people: Sequence[User]) -> int:
    """How many people could have approved."""
    return sum(not ineligible_reason(requirement, voter_of(user), owners) for user in people)
