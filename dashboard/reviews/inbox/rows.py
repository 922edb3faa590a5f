"""Rows of the inbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.accounts.models import User
from dashboard.reviews.inbox.queue import approvals_of, listed_approvals, waits_for
from dashboard.reviews.inbox.splits import Splits, splits_of
from dashboard.reviews.policies.messages import from_words, match_words
from dashboard.reviews.policies.policy import Trigger
from dashboard.reviews.policies.requirement import requirement_from_json
from dashboard.reviews.proposals import messages
from dashboard.reviews.proposals.decisions.approvals import ApprovalCount
from dashboard.reviews.proposals.deployment.sweep import WARN_BEFORE
from dashboard.reviews.proposals.models import Proposal, State
from routing.rules.split import format_percentage

HIGH = (Trigger.FULL, Trigger.BINDING, Trigger.SECRET, Trigger.COMPATIBILITY_DATE)
"""Triggers that stand out in a list."""


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One request. `soon`: expires within ten minutes."""

    proposal: Proposal
    splits: Splits
    standing: ApprovalCount
    risks: Sequence[tuple[str, bool]]
    approvers: Sequence[str]
    approvers_text: str
    waits_for_me: bool
    mine: bool
    soon: bool

    @property
    def title(self) -> str:
        return title_of(self.proposal, self.splits)

    @property
    def now_words(self) -> str:
        return format_percentage(self.splits.now_weight)

    @property
    def requested_words(self) -> str:
        candidate = self.splits.candidate
        return candidate.percentage if candidate else ""

    @property
    def end_words(self) -> str:
        return messages.end_words(self.proposal)

    @property
    def open_votes(self) -> range:
        return range(self.standing.missing)


def rows_of(proposals: Iterable[Proposal], user: User, now: datetime) -> list[ProposalRow]:
    """Constant queries; `proposals` come with people and decisions."""
    listed = list(proposals)
    splits = splits_of(listed)
    return [_row(proposal, splits[proposal.pk], user, now) for proposal in listed]


def title_of(proposal: Proposal, splits: Splits) -> str:
    """ "Ramp v1.42.0 to 100%", "Step up #3 to 50%", "Stage #3 at 0%"."""
    candidate = splits.candidate
    if candidate is None:
        return "A version that is gone"
    name = candidate.version.tag or f"#{candidate.version.number}"
    if proposal.rollout_id is not None:
        return f"Ramp {name} to {candidate.percentage}"
    if not candidate.weight:
        return f"Stage {name} at 0%"
    verb = "Step up" if splits.now_weight else "Deploy"
    return f"{verb} {name} {'to' if splits.now_weight else 'at'} {candidate.percentage}"


def _row(proposal: Proposal, splits: Splits, user: User, now: datetime) -> ProposalRow:
    requirement = requirement_from_json(proposal.requirement)
    undecided = proposal.undecided
    return ProposalRow(
        proposal=proposal,
        splits=splits,
        standing=listed_approvals(proposal, requirement, now),
        risks=[(match_words(match), match.rule.trigger in HIGH) for match in requirement.matches],
        approvers=[row.username for row in approvals_of(proposal)],
        approvers_text=from_words(requirement.rule) if requirement.rule else "",
        waits_for_me=waits_for(proposal, requirement, user, now),
        mine=proposal.author_id == user.pk,
        soon=undecided and proposal.expires_at - now <= WARN_BEFORE,
    )


SIGNS = {
    State.DEPLOYED: ("check", "ok"),
    State.REJECTED: ("x", "danger"),
    State.VOID: ("circle-slash", "warn"),
    State.EXPIRED: ("clock", "plain"),
    State.WITHDRAWN: ("undo-2", "plain"),
}


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One line of *Decided lately*."""

    proposal: Proposal
    title: str
    icon: str
    tone: str
    words: str


def decided_of(proposals: Iterable[Proposal]) -> list[DecidedRow]:
    """Rows of ended requests."""
    listed = list(proposals)
    splits = splits_of(listed)
    return [_decided(row, splits[row.pk]) for row in listed]


def _decided(proposal: Proposal, splits: Splits) -> DecidedRow:
    icon, tone = SIGNS[State(proposal.state)]
    words = messages.STATES[State(proposal.state)]
    if proposal.is_emergency:
        icon, tone = "siren", "danger"
        words = f"Emergency deploy by {proposal.emergency_by}, without approval"
    elif names := [row.username for row in approvals_of(proposal)]:
        words += f", approved by {' and '.join(names)}"
    title = f"{proposal.worker.name}: {title_of(proposal, splits)}"
    return DecidedRow(proposal, title, icon, tone, words)
