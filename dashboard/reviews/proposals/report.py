"""A request as JSON, and the exit code of its state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboard.reviews.policies import messages as policy_messages
from dashboard.reviews.policies.requirement import Requirement
from dashboard.reviews.proposals import messages
from dashboard.reviews.proposals.decisions.approvals import ApprovalCount
from dashboard.reviews.proposals.decisions.reevaluate import current_approvals
from dashboard.reviews.proposals.models import Proposal, State

DONE, FAILED, USAGE, WAITS = 0, 1, 2, 3
"""Exit codes: live; rejected, void, expired or withdrawn; bad usage; waiting, or the timeout."""


def as_json(
    proposal: Proposal, now: datetime, judged: tuple[Requirement, ApprovalCount] | None = None
) -> dict[str, Any]:
    """`judged`: the stored requirement and approvals; without it they are evaluated now, in
    about ten queries."""
    requirement, standing = judged or current_approvals(proposal, now)
    return {
        "id": str(proposal.pk),
        "worker": proposal.worker.name,
        "state": proposal.state,
        "url": messages.url(proposal),
        "reason": messages.end_words(proposal),
        "code": proposal.reason,
        "message": proposal.message,
        "asked_by": proposal.author.username if proposal.author else "system",
        "source": proposal.source,
        "round": proposal.round,
        "from_deployment_id": proposal.from_deployment_id or None,
        "versions": [
            {"version_id": version_id, "percentage": float(percentage)}
            for version_id, percentage in proposal.shares
        ],
        "plan": proposal.plan,
        "evidence": proposal.evidence,
        "rollout_id": str(proposal.rollout_id) if proposal.rollout_id else None,
        "needs": policy_messages.requirement_words(requirement),
        "approvals": standing.needed,
        "approved_by": [vote.voter.username for vote in standing.counted],
        "missing": standing.missing,
        "deployment_id": proposal.deployment_id or None,
        "emergency": proposal.is_emergency,
        "asked_at": proposal.asked_at.isoformat(),
        "expires_at": proposal.expires_at.isoformat(),
        "ended_at": proposal.ended_at.isoformat() if proposal.ended_at else None,
    }


def with_story(proposal: Proposal, now: datetime) -> dict[str, Any]:
    """The same with all decisions and events, oldest first."""
    decisions = [
        {
            "at": row.at.isoformat(),
            "by": row.username,
            "decision": row.kind,
            "comment": row.comment,
            "round": row.round,
            "proof": row.proof,
        }
        for row in proposal.decisions.all()
    ]
    events = [
        {
            "at": row.at.isoformat(),
            "by": row.username or "system",
            "code": row.code,
            "facts": row.facts,
            "words": messages.event_words(row.code, row.facts),
        }
        for row in proposal.events.all()
    ]
    return as_json(proposal, now) | {"decisions": decisions, "events": events}


def exit_code(proposal: Proposal) -> int:
    """For a command that ends now."""
    if proposal.undecided:
        return WAITS
    return DONE if proposal.state == State.DEPLOYED else FAILED
