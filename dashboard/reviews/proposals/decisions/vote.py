"""Approve, needs changes, reject, withdraw. Concurrent decisions are serialized.

Refused attempts change nothing and are recorded in the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from dashboard.accounts.models import Role, User
from dashboard.reviews.proposals.change import owners_of
from dashboard.reviews.proposals.decisions.approvals import ineligible_reason
from dashboard.reviews.proposals.decisions.invalidate import end, expire
from dashboard.reviews.proposals.decisions.reevaluate import (
    approvals_of,
    current_approvals,
    reevaluate,
    requirement_of,
    voter_of,
)
from dashboard.reviews.proposals.deployment.deploy_approved import deploy_approved, lock_proposal
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Decision, Proposal, State
from routing.control import audit, revision
from routing.transactions.after_commit import after_commit


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """Who decides, from where, when and why. `round`: the round that the person read, None for the
    current one. `proof`: as in `Decision`. `by_token`: API tokens can only withdraw."""

    user: User | None
    source: str
    now: datetime
    comment: str = ""
    round: int | None = None
    proof: Mapping[str, Any] = field(default_factory=dict)
    by_token: bool = False


class DecisionRefused(Exception):
    """`code` is a key of `messages.REFUSALS`; `proposal` is the current state."""

    def __init__(self, code: str, proposal: Proposal) -> None:
        super().__init__(code)
        self.code = code
        self.proposal = proposal


def approve(proposal_id: UUID, word: DecisionInput) -> Proposal:
    """Adds an approval. The last missing one starts the deployment."""
    return _decided(proposal_id, word, "approve", _approve)


def needs_changes(proposal_id: UUID, word: DecisionInput) -> Proposal:
    """Back to the author: the request resumes with the next change."""
    return _decided(proposal_id, word, "needs-changes", _needs_changes)


def reject(proposal_id: UUID, word: DecisionInput) -> Proposal:
    """Ends the request without a deployment."""
    return _decided(proposal_id, word, "reject", _reject)


def withdraw(proposal_id: UUID, word: DecisionInput) -> Proposal:
    """Ends the request; for its author or an admin."""
    return _decided(proposal_id, word, "withdraw", _withdraw)


VERBS: Mapping[str, Callable[[UUID, DecisionInput], Proposal]] = {
    "approve": approve,
    "needs-changes": needs_changes,
    "reject": reject,
    "withdraw": withdraw,
}
"""By their names in the CLI, the API and the pages."""


def approval_problem(proposal: Proposal, user: User, now: datetime) -> str:
    """Why this person cannot approve, as a code; empty if they can. An expired approval can be
    repeated."""
    code = ineligible_reason(requirement_of(proposal), voter_of(user), owners_of(proposal))
    if code:
        return code
    _, standing = current_approvals(proposal, now)
    given = {vote.voter.username for vote in standing.counted}
    return "again" if user.username in given else ""


def _decided(
    proposal_id: UUID, word: DecisionInput, verb: str, act: Callable[[Proposal, DecisionInput], str]
) -> Proposal:
    """`act` returns the code of a refusal. An expiry that is due is saved even then."""
    with transaction.atomic():
        revision.lock()  # no concurrent deployment, policy or decision
        proposal = lock_proposal(proposal_id)
        expire(proposal, word.now)
        word = with_current_rights(word)
        refused = _not_now(proposal, word, verb) or act(proposal, word)
        if refused:
            record_refused(proposal, word, verb, refused)
    if refused:
        raise DecisionRefused(refused, proposal)
    return proposal


def with_current_rights(word: DecisionInput) -> DecisionInput:
    """With the person's role as it is now."""
    if word.user is None:
        return word
    return replace(word, user=User.objects.get(pk=word.user.pk))


def _not_now(proposal: Proposal, word: DecisionInput, verb: str) -> str:
    if word.by_token and verb != "withdraw":
        return "token"
    if word.user is None:
        return "person"
    if not proposal.undecided:
        return "ended"
    if word.round is not None and word.round != proposal.round:
        return "changed"
    return ""


def _approve(proposal: Proposal, word: DecisionInput) -> str:
    if proposal.state == State.NEEDS_CHANGES:
        return "needs_changes"
    assert word.user is not None
    if code := approval_problem(proposal, word.user, word.now):
        return code
    approvals_of(proposal).filter(person=word.user).update(renewed_at=word.now)
    _write(proposal, word, Decision.Kind.APPROVE)
    standing = reevaluate(proposal, word.now)
    facts = {"missing": standing.missing} | _comment_of(word)
    record(proposal, "approved", word.now, by=word.user, source=word.source, facts=facts)
    if proposal.state == State.APPROVED:
        after_commit("carry out a review", partial(deploy_approved, proposal.pk))
    return ""


def _needs_changes(proposal: Proposal, word: DecisionInput) -> str:
    if code := _not_reviewer(word):
        return code
    _write(proposal, word, Decision.Kind.NEEDS_CHANGES)
    proposal.state = State.NEEDS_CHANGES
    proposal.save(update_fields=["state"])
    record(
        proposal,
        "needs_changes",
        word.now,
        by=word.user,
        source=word.source,
        facts=_comment_of(word),
    )
    return ""


def _reject(proposal: Proposal, word: DecisionInput) -> str:
    if code := _not_reviewer(word):
        return code
    _write(proposal, word, Decision.Kind.REJECT)
    assert word.user is not None
    facts = {"by": word.user.username} | _comment_of(word)
    end(proposal, "rejected", facts, word.now, State.REJECTED, by=word.user, source=word.source)
    return ""


def _withdraw(proposal: Proposal, word: DecisionInput) -> str:
    assert word.user is not None
    is_author = proposal.author == word.user and word.user.may(Role.OPERATOR)
    if not is_author and not word.user.may(Role.ADMIN):
        return "not_yours"
    facts = {"by": word.user.username} | _comment_of(word)
    end(proposal, "withdrawn", facts, word.now, State.WITHDRAWN, by=word.user, source=word.source)
    return ""


def _not_reviewer(word: DecisionInput) -> str:
    assert word.user is not None
    return "" if word.user.may(Role.REVIEWER) else "role"


def _write(proposal: Proposal, word: DecisionInput, kind: Decision.Kind) -> None:
    assert word.user is not None
    proposal.decisions.create(
        round=proposal.round,
        person=word.user,
        username=word.user.username,
        kind=kind,
        comment=word.comment[:2000],
        proof=dict(word.proof),
        at=word.now,
    )


def _comment_of(word: DecisionInput) -> dict[str, str]:
    return {"comment": word.comment[:2000]} if word.comment else {}


def record_refused(proposal: Proposal, word: DecisionInput, verb: str, code: str) -> None:
    audit.record(
        "review.refused",
        proposal.worker.name,
        actor=word.user,
        source=word.source,
        now=word.now,
        after={"review": str(proposal.pk), "verb": verb, "refused": code},
    )
