"""A person's word on a request. Two words at once come one after the other: exactly one outcome.

Refused attempts change nothing and are in the audit trail.
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
from dashboard.reviews.proposals.decisions.approvals import why_not
from dashboard.reviews.proposals.decisions.invalidate import end, expire
from dashboard.reviews.proposals.decisions.reevaluate import (
    approvals_of,
    requirement_of,
    settle,
    standing_now,
    voter_of,
)
from dashboard.reviews.proposals.deployment.deploy_approved import carry_out, locked
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Decision, Proposal, State
from routing.control import audit, revision
from routing.transactions.after_commit import after_commit


@dataclass(frozen=True, slots=True)
class Word:
    """Who decides, from where, when, why; `round` is the one that was read, None for the present
    one; `proof` as of a `Decision`. `by_token` is for API tokens, which only withdraw."""

    user: User | None
    source: str
    now: datetime
    comment: str = ""
    round: int | None = None
    proof: Mapping[str, Any] = field(default_factory=dict)
    by_token: bool = False


class DecisionRefused(Exception):
    """Nothing was decided. `code` is one of `messages.REFUSALS`; `proposal` as it is now."""

    def __init__(self, code: str, proposal: Proposal) -> None:
        super().__init__(code)
        self.code = code
        self.proposal = proposal


def approve(proposal_id: UUID, word: Word) -> Proposal:
    """One more approval. The last one that is missing sets the deployment off."""
    return _decided(proposal_id, word, "approve", _approve)


def needs_changes(proposal_id: UUID, word: Word) -> Proposal:
    """Back to who asked: the same request resumes with the next change."""
    return _decided(proposal_id, word, "needs-changes", _needs_changes)


def reject(proposal_id: UUID, word: Word) -> Proposal:
    """This change does not go live."""
    return _decided(proposal_id, word, "reject", _reject)


def withdraw(proposal_id: UUID, word: Word) -> Proposal:
    """Who asked for it, or an admin, takes the request back."""
    return _decided(proposal_id, word, "withdraw", _withdraw)


VERBS: Mapping[str, Callable[[UUID, Word], Proposal]] = {
    "approve": approve,
    "needs-changes": needs_changes,
    "reject": reject,
    "withdraw": withdraw,
}
"""By the names that the CLI, the API and the pages use."""


def approval_problem(proposal: Proposal, user: User, now: datetime) -> str:
    """Why this person's approval would not count, as a code; empty where it would. One that ran
    out may be given again."""
    code = why_not(requirement_of(proposal), voter_of(user), owners_of(proposal))
    if code:
        return code
    _, standing = standing_now(proposal, now)
    given = {vote.voter.username for vote in standing.counted}
    return "again" if user.username in given else ""


def _decided(
    proposal_id: UUID, word: Word, verb: str, act: Callable[[Proposal, Word], str]
) -> Proposal:
    """`act` returns why it is refused. An expiry that was due is written down all the same."""
    with transaction.atomic():
        revision.lock()  # no deployment, policy or other decision comes between
        proposal = locked(proposal_id)
        expire(proposal, word.now)
        word = with_rights_of_now(word)
        refused = _not_now(proposal, word, verb) or act(proposal, word)
        if refused:
            record_refused(proposal, word, verb, refused)
    if refused:
        raise DecisionRefused(refused, proposal)
    return proposal


def with_rights_of_now(word: Word) -> Word:
    """A role that was taken away while the request was on its way counts no more."""
    if word.user is None:
        return word
    return replace(word, user=User.objects.get(pk=word.user.pk))


def _not_now(proposal: Proposal, word: Word, verb: str) -> str:
    if word.by_token and verb != "withdraw":
        return "token"
    if word.user is None:
        return "person"
    if not proposal.undecided:
        return "ended"
    if word.round is not None and word.round != proposal.round:
        return "changed"
    return ""


def _approve(proposal: Proposal, word: Word) -> str:
    if proposal.state == State.NEEDS_CHANGES:
        return "needs_changes"
    assert word.user is not None
    if code := approval_problem(proposal, word.user, word.now):
        return code
    approvals_of(proposal).filter(person=word.user).update(renewed_at=word.now)
    _write(proposal, word, Decision.Kind.APPROVE)
    standing = settle(proposal, word.now)
    facts = {"missing": standing.missing} | _comment_of(word)
    record(proposal, "approved", word.now, by=word.user, source=word.source, facts=facts)
    if proposal.state == State.APPROVED:
        after_commit("carry out a review", partial(carry_out, proposal.pk))
    return ""


def _needs_changes(proposal: Proposal, word: Word) -> str:
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


def _reject(proposal: Proposal, word: Word) -> str:
    if code := _not_reviewer(word):
        return code
    _write(proposal, word, Decision.Kind.REJECT)
    assert word.user is not None
    facts = {"by": word.user.username} | _comment_of(word)
    end(proposal, "rejected", facts, word.now, State.REJECTED, by=word.user, source=word.source)
    return ""


def _withdraw(proposal: Proposal, word: Word) -> str:
    assert word.user is not None
    asked = proposal.author == word.user and word.user.may(Role.OPERATOR)
    if not asked and not word.user.may(Role.ADMIN):
        return "not_yours"
    facts = {"by": word.user.username} | _comment_of(word)
    end(proposal, "withdrawn", facts, word.now, State.WITHDRAWN, by=word.user, source=word.source)
    return ""


def _not_reviewer(word: Word) -> str:
    assert word.user is not None
    return "" if word.user.may(Role.REVIEWER) else "role"


def _write(proposal: Proposal, word: Word, kind: Decision.Kind) -> None:
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


def _comment_of(word: Word) -> dict[str, str]:
    return {"comment": word.comment[:2000]} if word.comment else {}


def record_refused(proposal: Proposal, word: Word, verb: str, code: str) -> None:
    audit.record(
        "review.refused",
        proposal.worker.name,
        actor=word.user,
        source=word.source,
        now=word.now,
        after={"review": str(proposal.pk), "verb": verb, "refused": code},
    )
