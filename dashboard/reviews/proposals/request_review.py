"""Requests a review: creates a request, or resumes the open one with new content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from dashboard.accounts.models import User
from dashboard.reviews.policies.requirement import Requirement
from dashboard.reviews.proposals.change import listed
from dashboard.reviews.proposals.decisions.reevaluate import expiry_of, reevaluate
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Proposal, State
from routing.models import Deployment, Worker


@dataclass(frozen=True, slots=True)
class Request:
    """A deployment, with the arguments of `gate.deploy`."""

    worker: Worker
    pairs: Sequence[tuple[str, Any]]
    author: User | None
    source: str
    now: datetime
    message: str = ""
    triggered_by: str = "deployment"
    force: bool = False
    rollout_id: UUID | None = None
    plan: Mapping[str, Any] | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


class ReviewOpen(Exception):
    """`proposal` is another open review of this Worker."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(f"A review of {proposal.worker.name} is open.")
        self.proposal = proposal


def ask(request: Request, active: Deployment | None, requirement: Requirement) -> Proposal:
    """The request for this change. Raises `ReviewOpen`. Call under the lock of the desired state,
    with the current `active` deployment.

    An equal open request is returned unchanged. One that needs changes, or is of the same author,
    resumes with the new content; its approvals no longer count.
    """
    content = _content(request, active)
    existing = Proposal.objects.undecided().filter(worker=request.worker)
    proposal = existing.select_for_update(of=("self",)).select_related("worker").first()
    if proposal is None:
        return _create(request, content, requirement)
    if _same(proposal, content) and proposal.state != State.NEEDS_CHANGES:
        return proposal
    if not _may_resume(proposal, request):
        raise ReviewOpen(proposal)
    return _resume(proposal, request, content, requirement)


def _content(request: Request, active: Deployment | None) -> dict[str, Any]:
    return {
        "from_deployment_id": str(active.id) if active else "",
        "shares": listed(request.pairs),
        "plan": dict(request.plan) if request.plan else None,
        "evidence": dict(request.evidence),
        "rollout_id": request.rollout_id,
    }


def _create(request: Request, content: dict[str, Any], requirement: Requirement) -> Proposal:
    proposal = Proposal.objects.create(
        worker=request.worker,
        created_at=request.now,
        requirement=requirement.as_json(),
        **_terms(request, requirement),
        **content,
    )
    record(proposal, "asked", request.now, by=request.author, source=request.source)
    reevaluate(proposal, request.now)
    return proposal


def _terms(request: Request, requirement: Requirement) -> dict[str, Any]:
    return {
        "author": request.author,
        "source": request.source,
        "message": request.message[:1000],
        "triggered_by": request.triggered_by,
        "force": request.force,
        "asked_at": request.now,
        "expires_at": expiry_of(requirement, request.now),
        "expiry_announced_at": None,
    }


def _same(proposal: Proposal, content: Mapping[str, Any]) -> bool:
    return all(getattr(proposal, name) == value for name, value in content.items())


def _may_resume(proposal: Proposal, request: Request) -> bool:
    if proposal.state == State.NEEDS_CHANGES:
        return True
    same_person = proposal.author is not None and proposal.author == request.author
    return proposal.state == State.OPEN and same_person


def _resume(
    proposal: Proposal, request: Request, content: dict[str, Any], requirement: Requirement
) -> Proposal:
    changed = [name for name, value in content.items() if getattr(proposal, name) != value]
    for name, value in (_terms(request, requirement) | content).items():
        setattr(proposal, name, value)
    proposal.state, proposal.reason, proposal.facts = State.OPEN, "", {}
    # An emergency deploy applies only to the content that the admin read.
    proposal.emergency_by = proposal.emergency_reason = ""
    proposal.round += 1
    proposal.save()
    facts = {"round": proposal.round, "changed": [_NAMES[name] for name in changed]}
    record(proposal, "resumed", request.now, by=request.author, source=request.source, facts=facts)
    reevaluate(proposal, request.now)
    return proposal


_NAMES = {
    "from_deployment_id": "from",
    "shares": "versions",
    "plan": "plan",
    "evidence": "evidence",
    "rollout_id": "rollout",
}
