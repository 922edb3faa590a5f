"""Notifications about requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.accounts.models import Role, User
from dashboard.notifications.events import Event
from dashboard.notifications.notify import notify
from dashboard.reviews.proposals.change import owners_of
from dashboard.reviews.proposals.decisions.approvals import ineligible_reason
from dashboard.reviews.proposals.decisions.reevaluate import requirement_of, voter_of
from dashboard.reviews.proposals.models import Proposal
from dashboard.reviews.signals import review_recorded

TO_AUTHOR: Mapping[str, Event] = {
    "approved": Event.REVIEW_APPROVED,
    "needs_changes": Event.REVIEW_CHANGES,
    "rejected": Event.REVIEW_REJECTED,
    "void": Event.REVIEW_VOID,
    "expired": Event.REVIEW_VOID,
    "deployed": Event.DEPLOYED,
}
TO_REVIEWERS: Mapping[str, Event] = {
    "asked": Event.REVIEW_REQUESTED,
    "resumed": Event.REVIEW_REQUESTED,
    "expires_soon": Event.REVIEW_EXPIRING,
}
"""Codes of `ProposalEvent`; others send no notification."""


def connect() -> None:
    review_recorded.connect(_recorded, dispatch_uid="notify of reviews")


def _recorded(
    sender: Any,
    proposal: Proposal,
    code: str,
    now: datetime,
    by: User | None,
    facts: Mapping[str, Any],
    **kwargs: Any,
) -> None:
    if code == "emergency":
        _notify(Event.EMERGENCY, proposal, now, by, [proposal.author], facts)
    elif event := TO_AUTHOR.get(code):
        _notify(event, proposal, now, by, [proposal.author], facts)
    elif event := TO_REVIEWERS.get(code):
        people = [*reviewers_of(proposal)]
        if code == "expires_soon":
            people.append(proposal.author)
        _notify(event, proposal, now, by, people, facts)


def reviewers_of(proposal: Proposal) -> list[User | None]:
    """People who can approve and have not."""
    requirement, owners = requirement_of(proposal), owners_of(proposal)
    given = set(
        proposal.decisions.filter(round=proposal.round, kind="approve").values_list(
            "person_id", flat=True
        )
    )
    people = User.objects.filter(
        is_active=True, by_token_only=False, role__in=(Role.REVIEWER, Role.ADMIN)
    )
    return [
        person
        for person in people.exclude(pk__in=given)
        if not ineligible_reason(requirement, voter_of(person), owners)
    ]


def _notify(
    event: Event,
    proposal: Proposal,
    now: datetime,
    by: User | None,
    people: list[User | None],
    facts: Mapping[str, Any],
) -> None:
    details = {name: facts[name] for name in ("comment", "missing", "number") if name in facts}
    if event is Event.EMERGENCY:
        details["reason"] = facts.get("reason", "")
    if not by and facts.get("by"):
        details["actor"] = facts["by"]
    details["text"] = proposal.message
    notify(
        event,
        now=now,
        worker=proposal.worker.name,
        by=by,
        people=people,
        facts={"review": str(proposal.pk)} | details,
        link=f"/reviews/{proposal.pk}/",
    )
