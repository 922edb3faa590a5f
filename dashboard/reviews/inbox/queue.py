"""Which requests wait for a person, by what was last judged: one query for all of them."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.reviews.policies.requirement import requirement_from_json
from dashboard.reviews.proposals.models import Decision, Proposal, State
from dashboard.reviews.proposals.settle import voter_of
from dashboard.reviews.proposals.standing import Standing, Vote, standing_of, why_not


def waits_for(proposal: Proposal, user: User, now: datetime) -> bool:
    """Whether this person's approval is missing and would count."""
    if proposal.state != State.OPEN:
        return False
    requirement = requirement_from_json(proposal.requirement)
    if why_not(requirement, voter_of(user), proposal.owners):
        return False
    rule = requirement.rule
    return rule is not None and all(
        row.person_id != user.pk or row.at + rule.valid_for <= now for row in approvals_of(proposal)
    )


def approvals_of(proposal: Proposal) -> list[Decision]:
    """The approvals of the present round, from prefetched decisions."""
    return [
        row
        for row in proposal.decisions.all()
        if row.kind == Decision.Kind.APPROVE
        and row.round == proposal.round
        and row.renewed_at is None
    ]


def listed_standing(proposal: Proposal, now: datetime) -> Standing:
    """How far the approvals are, by what was last judged."""
    votes = [Vote(voter_of(row.person), row.at) for row in approvals_of(proposal)]
    requirement = requirement_from_json(proposal.requirement)
    return standing_of(requirement, votes, proposal.owners, now)


def waiting_count(request: HttpRequest) -> int:
    """The number in the menu; 0 for who does not review."""
    user = request.user
    if not isinstance(user, User) or not voter_of(user).reviews:
        return 0
    now = timezone.now()
    rows = Proposal.objects.filter(state=State.OPEN, expires_at__gt=now)
    return sum(waits_for(row, user, now) for row in rows.prefetch_related("decisions"))
