"""Requests as text, for pages, API, terminals and wrangler's error message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from dashboard.reviews.policies import messages as policy_messages
from dashboard.reviews.policies.requirement import Requirement
from dashboard.reviews.proposals.decisions.approvals import ApprovalCount
from dashboard.reviews.proposals.models import Proposal, State

STATES = {
    State.OPEN: "Waiting for approvals",
    State.NEEDS_CHANGES: "Needs changes",
    State.APPROVED: "Approved, about to go live",
    State.DEPLOYED: "Live",
    State.REJECTED: "Rejected",
    State.VOID: "Void",
    State.EXPIRED: "Expired",
    State.WITHDRAWN: "Withdrawn",
}

#: Code of a refused decision → why.
REFUSALS = {
    "token": "An API token cannot decide. A person can, on the page or with manage.py review.",
    "person": "Name the person who decides: --user NAME.",
    "role": "Only reviewers and admins can decide on reviews.",
    "admin": "The policy requires approvals from admins.",
    "people": "The policy names other people as approvers.",
    "own": "This is your own change: you uploaded, deployed or requested it.",
    "again": "You approved this already.",
    "ended": "This review is over.",
    "changed": "The request was changed since you read it. Read it again, then decide.",
    "needs_changes": "This request needs changes first. You can approve it once it is resubmitted.",
    "not_yours": "Only the person who requested this review, or an admin, can withdraw it.",
    "not_admin": "Only admins can deploy without approvals.",
    "no_emergency": "This Worker's policy does not allow emergency deploys.",
    "no_reason": "An emergency deploy needs a reason.",
}

#: Why a request ended, by its `reason`.
ENDS = {
    "deployed": "{by_words} deployed this Worker in the meantime (deployment {number}).",
    "suite_edited": "The checks in {suite} changed from edit {was} to edit {edit}.",
    "plan_edited": "The plan has changed: edit {edit} replaced it.",
    "checks_moved": "The checks ran again, so the evidence has changed.",
    "rollout_ended": "Its rollout has ended.",
    "refused": "It could not be deployed: {message}",
    "expired": "It expired before enough people approved it.",
    "rejected": "{by} rejected it.{comment_words}",
    "withdrawn": "{by} withdrew it.{comment_words}",
}

#: Lines of the story, by the event's code.
EVENTS = {
    "asked": "requested a review",
    "resumed": "requested it again: round {round}",
    "approved": "approved",
    "needs_changes": "requested changes",
    "rejected": "rejected the change",
    "withdrawn": "withdrew the request",
    "void": "Void",
    "expired": "Expired",
    "deployed": "Went live",
    "approvals_ran_out": "Approvals expired",
    "policy_changed": "changed the policy: edit {edit}",
    "expires_soon": "Ten minutes left",
    "emergency": "deployed without approvals: {reason}",
    "acknowledged": "acknowledged the emergency deploy",
}


def url(proposal: Proposal) -> str:
    """URL of the review page."""
    return f"{settings.PUBLIC_URL}/reviews/{proposal.pk}/"


def refused(code: str, proposal: Proposal) -> str:
    """Why a decision was refused; for a request that is over, how it ended."""
    words = f"Nothing changed. {REFUSALS[code]}"
    if code == "ended":
        words += f" {STATES[State(proposal.state)]}. {end_words(proposal)}".rstrip()
    return words


def review_needed(proposal: Proposal, requirement: Requirement, standing: ApprovalCount) -> str:
    """The answer to a deployment that waits: link, missing approvals, next step."""
    asks = policy_messages.requirement_words(requirement)
    return (
        f"Nothing was deployed. {proposal.worker.name} needs {asks}. Review it: {url(proposal)} "
        f"{missing(proposal, requirement, standing)} Once approved, Sluice deploys exactly "
        f"this. Wait for it: manage.py review wait {proposal.pk}"
    )


def other_open(proposal: Proposal) -> str:
    """Why a second request of a Worker is refused."""
    who = proposal.author.username if proposal.author else "The system"
    return (
        f"Nothing was deployed. {who} requested another change of {proposal.worker.name}, and its "
        f"review is open: {url(proposal)} Decide it, or withdraw it first: "
        f"manage.py review withdraw {proposal.pk}"
    )


def rollout_waits(proposal: Proposal | None, worker_name: str) -> str:
    """Why a rollout waits."""
    where = f": {url(proposal)}" if proposal else ", which is about to be opened."
    return f"Nothing was deployed. The rollout of {worker_name} waits for its review{where}"


def waits_for_hours(worker_name: str, requirement: Requirement) -> str:
    """Why an approved rollout has not begun."""
    rule = next((match.rule for match in requirement.matches if match.rule.hours), None)
    hours = f": {policy_messages.hours_words(rule)}" if rule else ""
    return (
        f"Nothing was deployed. The policy of {worker_name} allows this only in its hours{hours}."
    )


def missing(proposal: Proposal, requirement: Requirement, standing: ApprovalCount) -> str:
    """ "Missing: 1 approval."."""
    if proposal.state == State.NEEDS_CHANGES:
        return "Missing: changes."
    if standing.missing:
        plural = "" if standing.missing == 1 else "s"
        return f"Missing: {standing.missing} approval{plural}."
    rule = next((match.rule for match in requirement.matches if match.rule.hours), None)
    return f"Waits for its hours: {policy_messages.hours_words(rule)}." if rule else "Approved."


def end_words(proposal: Proposal) -> str:
    """Why it ended without a deployment, in one sentence; else empty."""
    if proposal.state == State.DEPLOYED:
        return ""
    words = ENDS.get(proposal.reason or proposal.state, "")
    return words.format_map(_Facts(proposal.facts))


def event_words(code: str, facts: Mapping[str, Any]) -> str:
    """An event as text; an unknown code is returned unchanged."""
    words = EVENTS.get(code, code).format_map(_Facts(facts))
    reason = facts.get("reason") if code in ("void",) else None
    return f"{words}: {ENDS[reason].format_map(_Facts(facts))}" if reason in ENDS else words


class _Facts(dict[str, Any]):
    """Facts by name; a missing one is a dash."""

    def __missing__(self, key: str) -> str:
        if key == "by_words":
            return str(self.get("by") or "The system")
        if key == "comment_words":
            return f" “{self['comment']}”" if self.get("comment") else ""
        return "–"
