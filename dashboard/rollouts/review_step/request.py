"""Requests the review of a rollout, and voids it when the rollout changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.reviews.policies.requirement import Requirement
from dashboard.reviews.proposals.decisions import invalidate
from dashboard.reviews.proposals.models import Proposal
from dashboard.reviews.proposals.request_review import Request, ask
from dashboard.reviews.review_check import requirement_for
from dashboard.rollouts.models import Rollout
from dashboard.smoketests.models import SmokeRun
from routing.control import revision
from routing.control.deploy import active_deployment
from routing.models import Deployment


def plan_of(rollout: Rollout) -> dict[str, Any]:
    """The plan edit that approvals are bound to: all of its steps."""
    return {"edit": rollout.plan_edit, **(rollout.next_plan or rollout.plan)}


def evidence_of(rollout: Rollout) -> dict[str, Any]:
    """The run of checks that passed; nothing for a rollout without a suite."""
    runs = SmokeRun.objects.filter(rollout_id=rollout.pk, state=SmokeRun.State.PASSED)
    run = runs.select_related("edit__suite").order_by("-started_at").first()
    if run is None:
        return {}
    return {"suite": run.edit.suite.name, "edit": run.edit.number, "run": str(run.pk)}


def requirement_of(rollout: Rollout, active: Deployment | None) -> Requirement:
    """The requirement for the whole plan, which ends at 100%."""
    return requirement_for(rollout.worker, active, [(str(rollout.candidate_id), 100)])


def ask_for_review(rollout: Rollout, now: datetime) -> Proposal:
    """Opens the review; call it inside the transaction of the decision. Raises `ReviewOpen`."""
    revision.lock()
    active = active_deployment(rollout.worker)
    request = Request(
        worker=rollout.worker,
        pairs=[(str(rollout.candidate_id), "100")],
        author=rollout.owner,
        source="rollout",
        now=now,
        message=f"Rollout of #{rollout.candidate.number} {rollout.candidate.tag}".strip(),
        triggered_by="rollout",
        force=True,
        rollout_id=rollout.pk,
        plan=plan_of(rollout),
        evidence=evidence_of(rollout),
    )
    return ask(request, active, requirement_of(rollout, active))


def end_review(
    rollout: Rollout, code: str, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """Voids the open review: plan or evidence has changed."""
    invalidate.rollout_moved(rollout.pk, code, now, facts or {})
