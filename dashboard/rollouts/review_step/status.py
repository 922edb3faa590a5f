"""The state of a rollout's review, as input of `next_step`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dashboard.reviews.proposals.models import Proposal, State as ReviewState
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.decisions.values import Review
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.review_step.request import evidence_of, plan_of, requirement_of
from dashboard.smoketests.suites.edits import newest_edit
from routing.models import Deployment

ASKS = (State.REVIEW, State.RAMPING)
"""States whose next step may need a review."""
_STANDS: Mapping[str, Review] = {
    ReviewState.OPEN: Review.WAITING,
    ReviewState.NEEDS_CHANGES: Review.WAITING,
    ReviewState.REJECTED: Review.REJECTED,
    ReviewState.WITHDRAWN: Review.REJECTED,
    ReviewState.EXPIRED: Review.EXPIRED,
    ReviewState.VOID: Review.NOT_ASKED,
}


def review_of(
    rollout: Rollout, active: Deployment | None, now: datetime
) -> tuple[Review, Proposal | None]:
    """The state and the newest request. At most two queries if the policy has no rules."""
    if State(rollout.state) not in ASKS:
        return Review.NOT_NEEDED, None
    requirement = requirement_of(rollout, active)
    if requirement.nothing:
        return Review.NOT_NEEDED, None
    if not requirement.approvals:
        return (Review.NOT_NEEDED if requirement.open_at(now) else Review.OUTSIDE_HOURS), None
    proposal = Proposal.objects.filter(rollout_id=rollout.pk).order_by("-created_at").first()
    stands = _stands(rollout, proposal)
    if stands is Review.APPROVED and rollout.step < 0 and not requirement.open_at(now):
        if proposal is not None and not proposal.is_emergency:  # that one goes at any hour
            stands = Review.OUTSIDE_HOURS
    return stands, proposal


def _stands(rollout: Rollout, proposal: Proposal | None) -> Review:
    if proposal is not None and proposal.plan == plan_of(rollout):
        if proposal.state == ReviewState.DEPLOYED:
            return Review.APPROVED  # it was used for a step of this plan edit: covers them all
    if _checks_moved(rollout):
        return Review.CHECKS_MOVED
    if proposal is None or not _is_about(proposal, rollout):
        return Review.NOT_ASKED
    if proposal.state == ReviewState.APPROVED:
        return Review.APPROVED
    return _STANDS[proposal.state]


def _is_about(proposal: Proposal, rollout: Rollout) -> bool:
    """Whether the request is for this plan and evidence. Once the candidate has traffic, checks are
    repeated as a guardrail and do not void approvals."""
    if proposal.plan != plan_of(rollout):
        return False
    return rollout.step >= 0 or proposal.evidence == evidence_of(rollout)


def _checks_moved(rollout: Rollout) -> bool:
    """Before the ramp: the suite was edited after the candidate passed it."""
    if not rollout.suite or rollout.step >= 0:
        return False
    edit = newest_edit(rollout.worker, rollout.suite)
    return edit is not None and evidence_of(rollout).get("edit") != edit.number
