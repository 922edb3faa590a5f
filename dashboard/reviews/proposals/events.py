"""Records an event of a request, and signals it after the commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.accounts.models import User
from dashboard.reviews.proposals.models import Proposal, ProposalEvent
from dashboard.reviews.signals import review_changed, review_recorded
from routing.control import audit
from routing.transactions.after_commit import send_after_commit


def record(
    proposal: Proposal,
    code: str,
    now: datetime,
    *,
    by: User | None = None,
    source: str = "",
    facts: Mapping[str, Any] | None = None,
) -> ProposalEvent:
    """Adds an event and an audit entry, and sends a signal after the commit."""
    event = proposal.events.create(
        at=now, code=code, facts=dict(facts or {}), username=by.username if by else ""
    )
    audit.record(
        f"review.{code}",
        proposal.worker.name,
        actor=by,
        source=source or "review",
        now=now,
        after={"review": str(proposal.pk), "state": proposal.state} | dict(facts or {}),
    )
    review_recorded.send(
        Proposal, proposal=proposal, code=code, now=now, by=by, facts=dict(facts or {})
    )
    send_after_commit(
        review_changed,
        Proposal,
        "announce review",
        proposal_id=proposal.pk,
        code=code,
        worker=proposal.worker.name,
    )
    return event
