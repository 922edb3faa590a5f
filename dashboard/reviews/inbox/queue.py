"""The requests that wait for a person, by their stored requirement. One query."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.reviews.policies.requirement import Requirement, requirement_from_json
from dashboard.reviews.proposals.decisions.approvals import (
    ApprovalCount,
    Vote,
    count_approvals,
    ineligible_reason,
)
from dashboard.reviews.proposals.decisions.reevaluate import voter_of
from dashboard.reviews.proposals.models import Decision, Proposal, State
from dashboard.reviews.proposals.report import as_json


def waits_for(proposal: Proposal, requirement: Requirement, user: User, now: datetime) -> bool:
    """Whether this person's approval is missing and would count. `requirement` is the stored
    one."""
    rule = requirement.rule
    if proposal.state != State.OPEN or rule is None:
        return False
    if ineligible_reason(requirement, voter_of(user), proposal.owners):
        return False
    return all(
        row.person_id != user.pk or row.at + rule.valid_for <= now for row in approvals_of(proposal)
    )


def approvals_of(proposal: Proposal) -> list[Decision]:
    """The approvals of the current round, from prefetched decisions."""
    return [
        row
        for row in proposal.decisions.all()
        if row.kind == Decision.Kind.APPROVE
        and row.round == proposal.round
        and row.renewed_at is None
    ]


def listed_approvals(proposal: Proposal, requirement: Requirement, now: datetime) -> ApprovalCount:
    """The approvals, by the stored requirement."""
    votes = [Vote(voter_of(row.person), row.at) for row in approvals_of(proposal)]
    return count_approvals(requirement, votes, proposal.owners, now)


def listed_as_json(proposals: Iterable[Proposal], now: datetime) -> list[dict[str, Any]]:
    """As JSON, by the stored requirements. `proposals` come with people."""
    rows = [(row, requirement_from_json(row.requirement)) for row in proposals]
    return [as_json(row, now, (asks, listed_approvals(row, asks, now))) for row, asks in rows]


def waiting_count(request: HttpRequest) -> int:
    """The count in the menu; 0 for people who do not review. One query per page. Parsed
    requirements are cached: most are equal."""
    user = request.user
    if not isinstance(user, User) or not voter_of(user).reviews:
        return 0
    voter, rows = voter_of(user), Proposal.objects.filter(state=State.OPEN)
    given = Decision.objects.filter(
        proposal=OuterRef("pk"), round=OuterRef("round"), person=user, kind=Decision.Kind.APPROVE
    )
    open_to_me = rows.filter(~Exists(given), expires_at__gt=timezone.now())
    requirements = open_to_me.values_list(Cast("requirement", TextField()), "owners")
    return sum(
        not ineligible_reason(_requirement(text), voter, owners) for text, owners in requirements
    )


@lru_cache(maxsize=512)
def _requirement(text: str) -> Requirement:
    return requirement_from_json(json.loads(text))
