"""Which requests wait for a person, by what was last judged: one query for all of them."""

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
from dashboard.reviews.proposals.decisions.approvals import Standing, Vote, standing_of, why_not
from dashboard.reviews.proposals.decisions.reevaluate import voter_of
from dashboard.reviews.proposals.models import Decision, Proposal, State
from dashboard.reviews.proposals.report import as_json


def waits_for(proposal: Proposal, requirement: Requirement, user: User, now: datetime) -> bool:
    """Whether this person's approval is missing and would count; `requirement` as last judged."""
    rule = requirement.rule
    if proposal.state != State.OPEN or rule is None:
        return False
    if why_not(requirement, voter_of(user), proposal.owners):
        return False
    return all(
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


def listed_standing(proposal: Proposal, requirement: Requirement, now: datetime) -> Standing:
    """How far the approvals are, by what was last judged."""
    votes = [Vote(voter_of(row.person), row.at) for row in approvals_of(proposal)]
    return standing_of(requirement, votes, proposal.owners, now)


def listed_as_json(proposals: Iterable[Proposal], now: datetime) -> list[dict[str, Any]]:
    """As scripts read them, by what was last judged; `proposals` come with people."""
    rows = [(row, requirement_from_json(row.requirement)) for row in proposals]
    return [as_json(row, now, (asks, listed_standing(row, asks, now))) for row, asks in rows]


def waiting_count(request: HttpRequest) -> int:
    """The number in the menu; 0 for who does not review. One query on every page: policies repeat
    themselves, so each text of a requirement is read once."""
    user = request.user
    if not isinstance(user, User) or not voter_of(user).reviews:
        return 0
    voter, rows = voter_of(user), Proposal.objects.filter(state=State.OPEN)
    given = Decision.objects.filter(
        proposal=OuterRef("pk"), round=OuterRef("round"), person=user, kind=Decision.Kind.APPROVE
    )
    open_to_me = rows.filter(~Exists(given), expires_at__gt=timezone.now())
    asked = open_to_me.values_list(Cast("requirement", TextField()), "owners")
    return sum(not why_not(_requirement(text), voter, owners) for text, owners in asked)


@lru_cache(maxsize=512)
def _requirement(text: str) -> Requirement:
    return requirement_from_json(json.loads(text))
