"""Voids requests when what they are based on changes: deployment, checks, policy, rollout.

Runs inside the transaction of that change. Deployments of other Workers and of the request's own
rollout void nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import User
from dashboard.reviews.policies.models import PolicyEdit
from dashboard.reviews.proposals.decisions.reevaluate import reevaluate
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Proposal, ProposalQuerySet, State
from dashboard.smoketests.models import SuiteEdit
from routing.control import revision
from routing.models import Deployment
from routing.rules.split import format_percentage

ROLLOUT_ENDED = "rollout_ended"
"""Reason of a request whose rollout no longer runs."""


def deployed(sender: Any, instance: Deployment, created: bool, **_: Any) -> None:
    """Voids the Worker's open request: it would replace a deployment that is no longer active."""
    if not created:
        return
    for proposal in _locked().filter(worker=instance.worker_id):
        if not _is_own(proposal, instance):
            end(proposal, "deployed", _deployment_facts(instance), instance.created_on)


def suite_saved(sender: Any, instance: SuiteEdit, created: bool, **_: Any) -> None:
    """Voids requests whose evidence is from another edit of the suite."""
    suite = instance.suite
    for proposal in _locked().filter(worker=suite.worker_id, evidence__suite=suite.name):
        facts = {"suite": suite.name, "edit": instance.number, "was": proposal.evidence["edit"]}
        end(proposal, "suite_edited", facts, instance.created_at)


def policy_saved(sender: Any, edit: PolicyEdit, by: Actor, **_: Any) -> None:
    """Reevaluates open requests under the new policy. Their approvals stay."""
    rows = _locked()
    if edit.worker is not None:
        rows = rows.filter(worker=edit.worker)
    for proposal in rows:
        before, was = proposal.requirement, proposal.state
        standing = reevaluate(proposal, by.now)
        if (proposal.requirement, proposal.state) != (before, was):
            facts = {"edit": edit.number, "missing": standing.missing}
            record(proposal, "policy_changed", by.now, by=by.actor, facts=facts)


def rollout_moved(rollout_id: Any, code: str, now: datetime, facts: Mapping[str, Any]) -> None:
    """Voids the request of a rollout that ended or whose evidence changed. Takes the lock of the
    desired state first, as every decision does, so that Abort and Approve cannot deadlock."""
    revision.lock()
    rows = _locked().filter(rollout_id=rollout_id)
    if code != ROLLOUT_ENDED:  # a request that needs changes can be resumed
        rows = rows.exclude(state=State.NEEDS_CHANGES)
    for proposal in rows:
        end(proposal, code, facts, now)


def end(
    proposal: Proposal,
    reason: str,
    facts: Mapping[str, Any],
    now: datetime,
    state: State = State.VOID,
    *,
    by: User | None = None,
    source: str = "",
) -> None:
    """Ends a request without a deployment, `by` a person or automatically. The caller has locked
    the row."""
    proposal.state, proposal.reason, proposal.facts = state, reason, dict(facts)
    proposal.ended_at = now
    proposal.save(update_fields=["state", "reason", "facts", "ended_at"])
    written = {"reason": reason} | dict(facts)
    record(proposal, state.value, now, by=by, source=source, facts=written)


def _locked() -> ProposalQuerySet:
    rows = Proposal.objects.undecided().select_related("worker")
    return rows.select_for_update(of=("self",))


def _is_own(proposal: Proposal, deployment: Deployment) -> bool:
    """Whether the request's own rollout deployed: while it runs, only it can deploy."""
    by_rollout = deployment.source == "rollout" and deployment.triggered_by == "rollout"
    return proposal.rollout_id is not None and by_rollout


def _deployment_facts(deployment: Deployment) -> dict[str, Any]:
    """Facts for the event. The deployment's shares are not saved yet."""
    author = deployment.author
    return {
        "deployment": str(deployment.id),
        "number": deployment.number,
        "by": author.get_username() if author else "",
        "source": deployment.source,
    }


def split_words(deployment: Deployment) -> str:
    """ "#3 v1 at 20%, #2 at 80%"."""
    return ", ".join(
        f"#{share.version.number} {share.version.tag}".strip()
        + f" at {format_percentage(share.weight)}"
        for share in deployment.shares.all()
    )


def expire(proposal: Proposal, now: datetime | None = None) -> bool:
    """Ends a request after its expiry; True if it did. The caller has locked the row."""
    now = now or timezone.now()
    if not proposal.undecided or proposal.expires_at > now:
        return False
    end(proposal, "expired", {}, now, State.EXPIRED)
    return True
