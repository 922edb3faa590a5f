"""Counts the valid approvals of a request. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.reviews.policies.policy import Approver
from dashboard.reviews.policies.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Voter:
    """A person with their current rights."""

    username: str
    reviews: bool
    admin: bool


@dataclass(frozen=True, slots=True)
class Vote:
    """An approval of this round."""

    voter: Voter
    at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalCount:
    """`counted` are the valid approvals."""

    needed: int
    counted: tuple[Vote, ...] = ()

    @property
    def missing(self) -> int:
        return max(self.needed - len(self.counted), 0)


def count_approvals(
    requirement: Requirement, votes: Sequence[Vote], owners: Collection[str], now: datetime
) -> ApprovalCount:
    """The approvals of eligible people that have not expired."""
    rule = requirement.rule
    if rule is None:
        return ApprovalCount(0)
    counted = tuple(
        vote
        for vote in votes
        if not ineligible_reason(requirement, vote.voter, owners) and vote.at + rule.valid_for > now
    )
    return ApprovalCount(rule.approvals, counted)


def ineligible_reason(requirement: Requirement, voter: Voter, owners: Collection[str]) -> str:
    """Why an approval of this person does not count, as a code; empty if it counts."""
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
