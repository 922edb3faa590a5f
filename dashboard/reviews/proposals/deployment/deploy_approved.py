"""Deploys exactly what was approved, once.

State and deployment are saved in one transaction under the lock of the desired state. After a kill,
the next sweep resumes.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dashboard.reviews import gate
from dashboard.reviews.proposals.decisions.invalidate import end, expire
from dashboard.reviews.proposals.decisions.reevaluate import finish, reevaluate, requirement_of
from dashboard.reviews.proposals.models import Proposal, State
from routing.control import revision
from routing.control.deploy import DeployRefused
from routing.models import Deployment


def deploy_approved(proposal_id: UUID) -> Deployment | None:
    """The deployment; None if it is not approved, outside the hours, or made by a rollout."""
    try:
        with transaction.atomic():
            return _deploy(proposal_id)
    except DeployRefused as error:
        _give_up(proposal_id, error)
        return None


def _deploy(proposal_id: UUID) -> Deployment | None:
    revision.lock()
    proposal = lock_proposal(proposal_id)
    now = timezone.now()
    if proposal.state != State.APPROVED or proposal.rollout_id is not None:
        return None
    if expire(proposal, now) or (reevaluate(proposal, now).missing and not proposal.is_emergency):
        return None
    if not proposal.is_emergency and not requirement_of(proposal).open_at(now):
        return None
    # Before the deployment, which would void the request otherwise.
    proposal.state, proposal.ended_at = State.DEPLOYED, now
    proposal.save(update_fields=["state", "ended_at"])
    deployment = gate.deploy(
        worker=proposal.worker,
        by_token=False,
        approved=True,
        shares=proposal.pairs,
        author=proposal.author,
        source=proposal.source,
        message=proposal.message,
        triggered_by=proposal.triggered_by,
        expected=proposal.from_deployment_id or None,
        force=proposal.force,
        now=now,
    )
    finish(proposal, deployment)
    return deployment


def _give_up(proposal_id: UUID, error: DeployRefused) -> None:
    """Ends the request: the deployment was refused as it was approved."""
    with transaction.atomic():
        revision.lock()
        proposal = lock_proposal(proposal_id)
        if proposal.state != State.APPROVED or error.code == "held":
            return  # already handled, or on hold until a rollout ends
        end(proposal, "refused", {"code": error.code, "message": str(error)}, timezone.now())


def lock_proposal(proposal_id: UUID) -> Proposal:
    rows = Proposal.objects.select_for_update(of=("self",)).select_related("worker", "author")
    return rows.get(pk=proposal_id)
