"""What the review page shows, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.accounts.models import Role, User
from dashboard.reviews.inbox.rows import title_of
from dashboard.reviews.inbox.splits import Splits, splits_of
from dashboard.reviews.policies import messages as policy_messages
from dashboard.reviews.policies.edits import Effective, effective
from dashboard.reviews.policies.requirement import Requirement
from dashboard.reviews.proposals import messages
from dashboard.reviews.proposals.decisions.approvals import ApprovalCount, ineligible_reason
from dashboard.reviews.proposals.decisions.reevaluate import current_approvals, voter_of
from dashboard.reviews.proposals.models import Decision, Proposal, State
from dashboard.rollouts import messages as rollout_messages
from dashboard.rollouts.decisions.plan import Plan, plan_from_json
from dashboard.rollouts.models import Rollout
from dashboard.storage.bound_data import BoundData, bound_data
from dashboard.workers.diff import version_diff, views
from dashboard.workers.diff.views import Changes
from dashboard.workers.queries import module_text, version_facts
from dashboard.workers.queries.static_files import static_file_changes
from dashboard.workers.reviews.evidence import own_run, run_of
from routing.models import Version

TONES = {
    State.OPEN: ("warn", "clipboard-check"),
    State.NEEDS_CHANGES: ("warn", "pencil"),
    State.APPROVED: ("ok", "check"),
    State.DEPLOYED: ("ok", "circle-check"),
    State.REJECTED: ("danger", "circle-x"),
    State.VOID: ("warn", "circle-slash"),
    State.EXPIRED: ("plain", "clock"),
    State.WITHDRAWN: ("plain", "undo-2"),
}


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One line of the timeline."""

    at: datetime
    who: str
    words: str
    comment: str = ""
    proof: Any = None


@dataclass(frozen=True)
class ReviewPage:
    """Everything about one request at one moment. `problem` is why the reader's approval would not
    count, in words."""

    proposal: Proposal
    title: str
    chip: str
    tone: str
    icon: str
    splits: Splits
    requirement: Requirement
    standing: ApprovalCount
    policy: Effective
    problem: str
    reviews: bool
    may_withdraw: bool
    may_hurry: bool
    may_acknowledge: bool
    timeline: Sequence[TimelineLine]
    decisions: Sequence[tuple[Decision, datetime | None]]
    owners: Sequence[str]
    run: Any
    own_run: Any
    suites: Sequence[str]
    plan: Plan | None
    changes: Changes | None
    left: Version | None
    right: Version | None
    stays: Sequence[str]
    earlier: Sequence[tuple[Rollout, str, str]]

    @property
    def needs(self) -> str:
        return policy_messages.requirement_words(self.requirement)

    @property
    def end_words(self) -> str:
        return messages.end_words(self.proposal)


def page_of(proposal: Proposal, user: User, now: datetime, *, whole: bool = True) -> ReviewPage:
    """Without `whole` only the decisions, which the page polls."""
    splits = splits_of([proposal])[proposal.pk]
    requirement, standing = current_approvals(proposal, now)
    left, right = _versions(proposal, splits)
    tone, icon = TONES[State(proposal.state)]
    voter, undecided = voter_of(user), proposal.undecided
    return ReviewPage(
        proposal=proposal,
        title=title_of(proposal, splits),
        chip=_chip(proposal, standing),
        tone=tone,
        icon=icon,
        splits=splits,
        requirement=requirement,
        standing=standing,
        policy=effective(proposal.worker),
        problem=_problem(proposal, requirement, standing, user),
        reviews=voter.reviews,
        may_withdraw=undecided and (proposal.author_id == user.pk or voter.admin),
        may_hurry=undecided and voter.admin and effective(proposal.worker).policy.emergency,
        may_acknowledge=_unacknowledged(proposal) and voter.reviews,
        timeline=_timeline(proposal),
        decisions=_decisions(proposal, requirement),
        owners=proposal.owners,
        run=run_of(proposal, right),
        own_run=own_run(proposal, right, user),
        suites=list(proposal.worker.suites.values_list("name", flat=True)),
        plan=_plan(proposal),
        changes=_changes(left, right) if whole else None,
        left=left,
        right=right,
        stays=_stays(right),
        earlier=_earlier(right),
    )


def may_operate(user: User) -> bool:
    """Whether this person may send checks and ask again."""
    return user.may(Role.OPERATOR)


def _versions(proposal: Proposal, splits: Splits) -> tuple[Version | None, Version | None]:
    """Stable and candidate, whole."""
    ids = [s.version.pk for s in (splits.stable, splits.candidate) if s]
    rows = proposal.worker.versions.select_related("author").in_bulk(ids)
    left = rows.get(splits.stable.version.pk) if splits.stable else None
    right = rows.get(splits.candidate.version.pk) if splits.candidate else None
    return left, right


def _changes(left: Version | None, right: Version | None) -> Changes:
    """As `workers/deploy/_changes.html` shows it; against nothing where nothing was live."""
    if right is None:
        return views.compared([], [], [], static_file_changes(None, None))
    if left is None:
        return views.compared(
            version_diff.files([], module_text.module_texts(right), whole=False),
            version_diff.facts([], version_facts.bindings(right)),
            version_diff.facts([], version_facts.settings(right)),
            static_file_changes(None, right),
        )
    return views.changes(left, right)


def _chip(proposal: Proposal, standing: ApprovalCount) -> str:
    if proposal.state == State.OPEN and standing.missing:
        plural = "" if standing.missing == 1 else "s"
        return f"Needs {standing.missing} more approval{plural}"
    return messages.STATES[State(proposal.state)]


def _problem(
    proposal: Proposal, requirement: Requirement, standing: ApprovalCount, user: User
) -> str:
    if not proposal.undecided:
        return messages.REFUSALS["ended"]
    if proposal.state == State.NEEDS_CHANGES:
        return messages.REFUSALS["needs_changes"]
    code_ = ineligible_reason(requirement, voter_of(user), proposal.owners)
    approved = any(vote.voter.username == user.username for vote in standing.counted)
    return messages.REFUSALS.get(code_ or ("again" if approved else ""), "")


def _decisions(
    proposal: Proposal, requirement: Requirement
) -> list[tuple[Decision, datetime | None]]:
    """Those of this round, and until when an approval counts."""
    rule = requirement.rule
    rows = [row for row in proposal.decisions.all() if row.round == proposal.round]
    lasts = rule.valid_for if rule and proposal.undecided else None
    return [
        (row, row.at + lasts if lasts and row.kind == Decision.Kind.APPROVE else None)
        for row in rows
        if row.renewed_at is None
    ]


def _timeline(proposal: Proposal) -> list[TimelineLine]:
    """Newest first. Comments come with the decision that they were made with."""
    proofs = {row.at: row.proof for row in proposal.decisions.all() if row.proof}
    return [
        TimelineLine(
            event.at,
            event.username,
            messages.event_words(event.code, event.facts),
            event.facts.get("comment", ""),
            proofs.get(event.at),
        )
        for event in proposal.events.order_by("-pk")[:100]
    ]


def _plan(proposal: Proposal) -> Plan | None:
    if not proposal.plan:
        return None
    return plan_from_json({k: v for k, v in proposal.plan.items() if k != "edit"})


def _stays(version: Version | None) -> list[str]:
    """What a roll back does not bring back, by name."""
    services = [row for row in version.bindings if row["type"] == "service"] if version else []
    names = ", ".join(f"{row['name']} ({row['service']})" for row in services)
    data = ", ".join(f"{one.binding} ({one.kind} {one.title})" for one in _data(version))
    stored = [f"Data and schemas of {data}."] if data else []
    calls = [f"What other Workers did when they were called: {names}."] if names else []
    return [
        "Answers that were sent, and what callers stored of them.",
        *stored,
        "Data that the version wrote elsewhere.",
        *calls,
        "Settings of the Worker that belong to no version.",
    ]


def _data(version: Version | None) -> tuple[BoundData, ...]:
    return bound_data(version) if version else ()


def _earlier(version: Version | None) -> list[tuple[Rollout, str, str]]:
    """Results of earlier rollouts of this version, newest first."""
    if version is None:
        return []
    rows = Rollout.objects.with_versions().filter(candidate=version).order_by("-started_at")[:5]
    return [
        (row, rollout_messages.title(row), rollout_messages.reason(row.reason, row.facts))
        for row in rows
    ]


def _unacknowledged(proposal: Proposal) -> bool:
    done = proposal.state == State.DEPLOYED and proposal.acknowledged_at is None
    return proposal.is_emergency and done
