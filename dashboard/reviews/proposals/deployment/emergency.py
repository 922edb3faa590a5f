"""Emergency deploys: an admin deploys a request without approvals."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef

from dashboard.accounts.models import Role, User
from dashboard.reviews.policies.edits import effective
from dashboard.reviews.proposals.decisions.invalidate import expire
from dashboard.reviews.proposals.decisions.vote import (
    DecisionInput,
    DecisionRefused,
    record_refused,
    with_current_rights,
)
from dashboard.reviews.proposals.deployment.deploy_approved import deploy_approved, lock_proposal
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Proposal, ProposalQuerySet, State
from routing.control import revision
from routing.models import Worker
from routing.transactions.after_commit import after_commit


def deploy_now(proposal_id: UUID, word: DecisionInput) -> Proposal:
    """Deploys at once, at any hour. `comment` is the required reason. Raises `DecisionRefused`."""
    with transaction.atomic():
        revision.lock()
        proposal = lock_proposal(proposal_id)
        expire(proposal, word.now)
        word = with_current_rights(word)
        refused = _refused(proposal, word)
        if refused:
            record_refused(proposal, word, "emergency", refused)
        else:
            _allow(proposal, word)
    if refused:
        raise DecisionRefused(refused, proposal)
    return proposal


def acknowledge(proposal_id: UUID, word: DecisionInput) -> Proposal:
    """Removes the banner of an emergency deploy. For a reviewer other than the person who deployed,
    if there is one."""
    with transaction.atomic():
        proposal = lock_proposal(proposal_id)
        word = with_current_rights(word)
        refused = _not_acknowledged(proposal, word)
        if refused:
            record_refused(proposal, word, "acknowledge", refused)
        else:
            assert word.user is not None
            proposal.acknowledged_at, proposal.acknowledged_by = word.now, word.user.username
            proposal.save(update_fields=["acknowledged_at", "acknowledged_by"])
            facts = {"comment": word.comment} if word.comment else {}
            record(
                proposal, "acknowledged", word.now, by=word.user, source=word.source, facts=facts
            )
    if refused:
        raise DecisionRefused(refused, proposal)
    return proposal


def unacknowledged_on_worker() -> ProposalQuerySet:
    """Unacknowledged emergency deploys of the outer query's Worker."""
    return _waiting().filter(worker=OuterRef("pk"))


def unacknowledged_emergencies(worker: Worker | None = None) -> list[Proposal]:
    """Unacknowledged emergency deploys, newest first."""
    rows = _waiting().select_related("worker", "author").order_by("-ended_at")
    return list(rows.filter(worker=worker) if worker else rows)


def _waiting() -> ProposalQuerySet:
    rows = Proposal.objects.filter(acknowledged_at=None, state=State.DEPLOYED)
    return rows.exclude(emergency_by="")


def _allow(proposal: Proposal, word: DecisionInput) -> None:
    assert word.user is not None
    proposal.emergency_by = word.user.username
    proposal.emergency_reason = word.comment[:1000]
    proposal.state = State.APPROVED
    proposal.save(update_fields=["emergency_by", "emergency_reason", "state"])
    facts = {"reason": word.comment[:1000]}
    record(proposal, "emergency", word.now, by=word.user, source=word.source, facts=facts)
    after_commit("carry out a review", partial(deploy_approved, proposal.pk))


def _refused(proposal: Proposal, word: DecisionInput) -> str:
    if word.by_token:
        return "token"
    if word.user is None or not word.user.may(Role.ADMIN):
        return "not_admin"
    if not effective(proposal.worker).policy.emergency:
        return "no_emergency"
    if not proposal.undecided:
        return "ended"
    if word.round is not None and word.round != proposal.round:
        return "changed"
    return "" if word.comment.strip() else "no_reason"


def _not_acknowledged(proposal: Proposal, word: DecisionInput) -> str:
    if word.by_token:
        return "token"
    if word.user is None or not word.user.may(Role.REVIEWER):
        return "role"
    if not proposal.is_emergency or proposal.acknowledged_at is not None:
        return "ended"
    if word.user.username == proposal.emergency_by and _other_reviewers(word.user):
        return "own"
    return ""


def _other_reviewers(user: User) -> bool:
    roles = (Role.REVIEWER, Role.ADMIN)
    others = User.objects.filter(is_active=True, by_token_only=False, role__in=roles)
    return others.exclude(pk=user.pk).exists()
