"""Counts the approvals of a request, and sets it to open or approved."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from dashboard.accounts.models import Role, User
from dashboard.reviews.policies.edits import effective
from dashboard.reviews.policies.requirement import Requirement, required
from dashboard.reviews.proposals.change import change_of, owners_of, replaced_by
from dashboard.reviews.proposals.decisions.approvals import (
    ApprovalCount,
    Vote,
    Voter,
    count_approvals,
)
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Decision, Proposal, State
from routing.models import Deployment

REQUEST_LASTS = timedelta(hours=24)
"""Minimum time until a request expires."""


def requirement_of(proposal: Proposal) -> Requirement:
    """The requirement under the current policy."""
    change = change_of(proposal.worker, replaced_by(proposal), proposal.pairs)
    return required(effective(proposal.worker).policy, change)


def votes_of(proposal: Proposal) -> list[Vote]:
    """The approvals of this round, with people's current rights."""
    rows = approvals_of(proposal)
    return [Vote(voter_of(row.person), row.at) for row in rows.select_related("person")]


def approvals_of(proposal: Proposal) -> models.QuerySet[Decision]:
    """The approvals of this round, including expired ones."""
    return proposal.decisions.filter(
        round=proposal.round, kind=Decision.Kind.APPROVE, renewed_at=None
    )


def voter_of(user: User) -> Voter:
    return Voter(user.username, user.may(Role.REVIEWER), user.may(Role.ADMIN))


def current_approvals(proposal: Proposal, now: datetime) -> tuple[Requirement, ApprovalCount]:
    """The requirement, and the approvals that count."""
    requirement = requirement_of(proposal)
    owners = owners_of(proposal) if requirement.approvals else set()
    proposal.owners = sorted(owners)
    return requirement, count_approvals(requirement, votes_of(proposal), owners, now)


def reevaluate(proposal: Proposal, now: datetime) -> ApprovalCount:
    """Writes down whether it is approved. Call it with the row lock_proposal, in a transaction."""
    requirement, standing = current_approvals(proposal, now)
    proposal.requirement = requirement.as_json()
    before = proposal.state
    if proposal.state in (State.OPEN, State.APPROVED):
        approved = proposal.is_emergency or not standing.missing
        proposal.state = State.APPROVED if approved else State.OPEN
    proposal.save(update_fields=["requirement", "owners", "state"])
    if (before, proposal.state) == (State.APPROVED, State.OPEN):
        record(proposal, "approvals_ran_out", now, facts={"missing": standing.missing})
    return standing


def expiry_of(requirement: Requirement, now: datetime) -> datetime:
    """When a request created at `now` expires."""
    rule = requirement.rule
    return now + max(REQUEST_LASTS, rule.valid_for if rule else REQUEST_LASTS)


def finish(proposal: Proposal, deployment: Deployment) -> None:
    """Marks the request as deployed. For a rollout, `deployment` is its first one."""
    proposal.state, proposal.deployment_id = State.DEPLOYED, str(deployment.id)
    proposal.ended_at = proposal.ended_at or deployment.created_on
    proposal.save(update_fields=["state", "deployment_id", "ended_at"])
    facts = {"deployment": proposal.deployment_id}
    record(proposal, "deployed", deployment.created_on, facts=facts)
