"""Emergency deploy: an admin sets off a request without approvals. Loud, and on the record."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef

from dashboard.accounts.models import Role, User
from dashboard.reviews.policies.edits import effective
from dashboard.reviews.proposals.decisions.invalidate import expire
from dashboard.reviews.proposals.decisions.vote import (
    DecisionRefused,
    Word,
    record_refused,
    with_rights_of_now,
)
from dashboard.reviews.proposals.deployment.deploy_approved import carry_out, locked
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Proposal, ProposalQuerySet, State
from routing.control import revision
from routing.models import Worker
from routing.transactions.after_commit import after_commit


def deploy_now(proposal_id: UUID, word: Word) -> Proposal:
    """Goes live at once, at any hour; `word.comment` is the reason, which is required. Raises
    `DecisionRefused`."""
    with transaction.atomic():
        revision.lock()
        proposal = locked(proposal_id)
        expire(proposal, word.now)
        word = with_rights_of_now(word)
        refused = _refused(proposal, word)
        if refused:
            record_refused(proposal, word, "emergency", refused)
        else:
            _allow(proposal, word)
    if refused:
        raise DecisionRefused(refused, proposal)
    return proposal


def acknowledge(proposal_id: UUID, word: Word) -> Proposal:
    """A reviewer has looked at an emergency deploy afterwards: the banner goes. Not who deployed,
    unless there is no other reviewer."""
    with transaction.atomic():
        proposal = locked(proposal_id)
        word = with_rights_of_now(word)
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


def unacknowledged() -> ProposalQuerySet:
    """Emergency deploys of the Worker of an outer query that nobody has looked at yet."""
    return _waiting().filter(worker=OuterRef("pk"))


def to_acknowledge(worker: Worker | None = None) -> list[Proposal]:
    """Emergency deploys that nobody has looked at yet, newest first."""
    rows = _waiting().select_related("worker", "author").order_by("-ended_at")
    return list(rows.filter(worker=worker) if worker else rows)


def _waiting() -> ProposalQuerySet:
    rows = Proposal.objects.filter(acknowledged_at=None, state=State.DEPLOYED)
    return rows.exclude(emergency_by="")


def _allow(proposal: Proposal, word: Word) -> None:
    assert word.user is not None
    proposal.emergency_by = word.user.username
    proposal.emergency_reason = word.comment[:1000]
    proposal.state = State.APPROVED
    proposal.save(update_fields=["emergency_by", "emergency_reason", "state"])
    facts = {"reason": word.comment[:1000]}
    record(proposal, "emergency", word.now, by=word.user, source=word.source, facts=facts)
    after_commit("carry out a review", partial(carry_out, proposal.pk))


def _refused(proposal: Proposal, word: Word) -> str:
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


def _not_acknowledged(proposal: Proposal, word: Word) -> str:
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
