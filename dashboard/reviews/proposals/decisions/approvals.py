"""How far the approvals of a request are. Pure: votes and `now` are arguments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.reviews.policies.policy import Approver
from dashboard.reviews.policies.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Voter:
    """A person as the rules see them now. `reviews` and `admin` are rights they have now."""

    username: str
    reviews: bool
    admin: bool


@dataclass(frozen=True, slots=True)
class Vote:
    """An approval of this round."""

    voter: Voter
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """`counted` are the approvals that count; `missing` is how many more it takes."""

    needed: int
    counted: tuple[Vote, ...] = ()

    @property
    def missing(self) -> int:
        return max(self.needed - len(self.counted), 0)


def standing_of(
    requirement: Requirement, votes: Sequence[Vote], owners: Collection[str], now: datetime
) -> Standing:
    """Approvals that count: those of people who may give one, and that have not run out."""
    rule = requirement.rule
    if rule is None:
        return Standing(0)
    counted = tuple(
        vote
        for vote in votes
        if not why_not(requirement, vote.voter, owners) and vote.at + rule.valid_for > now
    )
    return Standing(rule.approvals, counted)


def why_not(requirement: Requirement, voter: Voter, owners: Collection[str]) -> str:
    """Why an approval of this person does not count, as a code; empty where it does."""
    rule = requirement.rule
    if not voter.reviews:
        return "role"
    if rule is None:
        return ""
    if rule.role is Approver.ADMIN and not voter.admin:
        return "admin"
    if rule.people and voter.username not in rule.people:
        return "people"
    if not rule.own and voter.username in owners:
        return "own"
    return ""
