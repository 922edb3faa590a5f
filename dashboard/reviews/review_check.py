"""Whether a deployment needs a review. The gate calls it inside the deployment's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dashboard.accounts.models import User
from dashboard.reviews.policies.edits import effective
from dashboard.reviews.policies.requirement import Requirement, required
from dashboard.reviews.proposals import messages
from dashboard.reviews.proposals.change import change_of
from dashboard.reviews.proposals.decisions.reevaluate import current_approvals, finish, reevaluate
from dashboard.reviews.proposals.models import Proposal, State
from dashboard.reviews.proposals.request_review import Request, ReviewOpen, ask
from dashboard.smoketests.models import SmokeRun
from routing.agent.inspection.inspection import Inspection
from routing.control import audit, revision
from routing.control.deploy import ANY, DeployConflict, DeployRefused, active_deployment, normal_id
from routing.models import Deployment, Worker
from routing.rules.split import Percentage


class ReviewNeeded(DeployRefused):
    """The deployment waits for the review `proposal`. Nothing live has changed."""

    def __init__(self, proposal: Proposal | None, message: str, *, other: bool = False) -> None:
        super().__init__("review", message)
        self.proposal = proposal
        self.other = other

    @property
    def title(self) -> str:
        """Shown on the review page. `other`: the review is of another change."""
        required = "Nothing was deployed. The policy requires a review: this is it."
        in_the_way = "Nothing was deployed. This review of another change is open: decide it first."
        return in_the_way if self.other else required

    @classmethod
    def of(cls, proposal: Proposal, now: datetime) -> ReviewNeeded:
        """With a message about the missing approvals."""
        requirement, standing = current_approvals(proposal, now)
        return cls(proposal, messages.review_needed(proposal, requirement, standing))


class NeedsProposal(Exception):
    """Undoes a deployment that has to become a proposal."""


class CachedInspection:
    """Starts an uploaded version once, even if the upload is repeated."""

    def __init__(self, inspect: Callable[..., Inspection]) -> None:
        self._inspect = inspect
        self._result: Inspection | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Inspection:
        if self._result is None:
            self._result = self._inspect(*args, **kwargs)
        return self._result


def requirement_for(
    worker: Worker, before: Deployment | None, pairs: Sequence[tuple[str, Percentage]]
) -> Requirement:
    """What the Worker's policy requires for this change. At most two queries without rules."""
    policy = effective(worker).policy
    if not policy.rules:
        return Requirement()
    return required(policy, change_of(worker, before, pairs))


def check_review(
    deployment: Deployment,
    before: Deployment | None,
    pairs: Sequence[tuple[str, Percentage]],
    rollout_id: UUID | None,
    plan: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Raises `NeedsProposal`, or `ReviewNeeded` for a rollout without its review."""
    worker = deployment.worker
    requirement = requirement_for(worker, before, pairs)
    asks = requirement.asks(now)
    if rollout_id is None:
        if asks:
            raise NeedsProposal
        return
    proposal = review_of(rollout_id, plan)
    if proposal is not None and proposal.state == State.APPROVED:
        reevaluate(proposal, now)
    passed = proposal is not None and proposal.state in (State.APPROVED, State.DEPLOYED)
    if asks and not passed:
        raise ReviewNeeded(proposal, messages.rollout_waits(proposal, worker.name))
    if not _has_begun(proposal, before) and _waits_for_hours(proposal, requirement, now):
        raise ReviewNeeded(proposal, messages.waits_for_hours(worker.name, requirement))
    if proposal is None or proposal.state != State.APPROVED:
        return
    if any(part.after for part in change_of(worker, before, pairs).parts):
        finish(proposal, deployment)


def _has_begun(proposal: Proposal | None, before: Deployment | None) -> bool:
    """Whether the approved version has traffic: hours apply to the first step only."""
    approved = {version_id for version_id, _ in proposal.shares} if proposal else set()
    shares = before.shares.all() if before else ()
    return any(share.weight and str(share.version_id) in approved for share in shares)


def _waits_for_hours(proposal: Proposal | None, requirement: Requirement, now: datetime) -> bool:
    """Whether an approved plan waits for the policy's hours. An emergency deploy does not."""
    if proposal is None or proposal.state != State.APPROVED or proposal.is_emergency:
        return False
    return not requirement.open_at(now)


def review_of(rollout_id: UUID, plan: Mapping[str, Any] | None) -> Proposal | None:
    """The newest review of a rollout, if it is for this plan edit."""
    rows = Proposal.objects.filter(rollout_id=rollout_id).select_related("worker", "author")
    newest = rows.order_by("-created_at").first()
    return newest if newest is not None and newest.plan == plan else None


def evidence_for(worker: Worker, pairs: Sequence[tuple[str, Percentage]]) -> dict[str, Any]:
    """The newest run of checks of the versions that get traffic; empty if none ran."""
    change = change_of(worker, active_deployment(worker), pairs)
    ids = [UUID(part.version_id) for part in change.parts]
    runs = SmokeRun.objects.filter(version__in=ids).exclude(state__in=SmokeRun.UNFINISHED)
    run = runs.select_related("edit__suite").order_by("-started_at").first()
    if run is None:
        return {}
    return {"suite": run.edit.suite.name, "edit": run.edit.number, "run": str(run.pk)}


def was_requested(rollout_id: UUID) -> bool:
    """Whether a review of this rollout was ever requested."""
    return Proposal.objects.filter(rollout_id=rollout_id).exists()


def check_live_upload(worker_name: str, expected: Any, author: User | None, now: datetime) -> None:
    """For an upload that would get 100%. Raises `NeedsProposal`, or `ReviewNeeded` if another
    review is open; then the version is not stored."""
    worker = Worker.objects.get(name=worker_name)
    version, active = worker.versions.newest_first().first(), active_deployment(worker)
    _check_expected(active, expected)
    assert version is not None
    pairs = [(str(version.pk), 100)]
    if not requirement_for(worker, active, pairs).asks(now):
        return
    existing = Proposal.objects.undecided().filter(worker=worker).select_related("author").first()
    resumes = existing is None or existing.state == State.NEEDS_CHANGES
    if existing is not None and not resumes and not _requested_by(existing, author):
        raise ReviewNeeded(existing, messages.other_open(existing), other=True)
    raise NeedsProposal


def open_review(request: Request, expected: Any) -> Proposal | None:
    """The proposal for the deployment; None if it no longer needs one. Raises `DeployConflict`, or
    `ReviewNeeded` if another review is open."""
    try:
        with transaction.atomic():
            revision.lock()
            active = active_deployment(request.worker)
            _check_expected(active, expected)
            requirement = requirement_for(request.worker, active, request.pairs)
            if not requirement.asks(request.now):
                return None
            evidence = evidence_for(request.worker, request.pairs)
            return ask(replace(request, evidence=evidence), active, requirement)
    except ReviewOpen as error:
        _record_refused(request, error.proposal)
        in_the_way = messages.other_open(error.proposal)
        raise ReviewNeeded(error.proposal, in_the_way, other=True) from error


def _check_expected(active: Deployment | None, expected: Any) -> None:
    if expected == ANY:
        return
    if (str(active.id) if active else None) != (normal_id(expected) if expected else None):
        raise DeployConflict(active)


def _requested_by(proposal: Proposal, author: User | None) -> bool:
    return proposal.state == State.OPEN and author is not None and proposal.author == author


def _record_refused(request: Request, proposal: Proposal) -> None:
    audit.record(
        "review.refused",
        request.worker.name,
        actor=request.author,
        source=request.source,
        now=request.now,
        after={"review": str(proposal.pk), "verb": "ask", "refused": "open"},
    )
