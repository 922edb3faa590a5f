"""What makes a request void: what it was based on moved. It says what, and what changed since.

Called inside the transaction that moves it, so that a request never outlives what it is about.
Another Worker's deployment voids nothing, nor does a deployment of the request's own rollout.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from dashboard.accounts.actor import By
from dashboard.accounts.models import User
from dashboard.reviews.policies.models import PolicyEdit
from dashboard.reviews.proposals.decisions.reevaluate import settle
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Proposal, ProposalQuerySet, State
from dashboard.smoketests.models import SuiteEdit
from routing.control import revision
from routing.models import Deployment
from routing.rules.split import format_percentage

ROLLOUT_ENDED = "rollout_ended"
"""The reason of a request whose rollout no longer runs: nothing would deploy it."""


def deployed(sender: Any, instance: Deployment, created: bool, **_: Any) -> None:
    """The Worker's open request starts from another deployment than the one that is live now."""
    if not created:
        return
    for proposal in _locked().filter(worker=instance.worker_id):
        if not _is_own(proposal, instance):
            end(proposal, "deployed", _deployment_facts(instance), instance.created_on)


def suite_saved(sender: Any, instance: SuiteEdit, created: bool, **_: Any) -> None:
    """The checks that a request's evidence is from say something else now."""
    suite = instance.suite
    for proposal in _locked().filter(worker=suite.worker_id, evidence__suite=suite.name):
        facts = {"suite": suite.name, "edit": instance.number, "was": proposal.evidence["edit"]}
        end(proposal, "suite_edited", facts, instance.created_at)


def policy_saved(sender: Any, edit: PolicyEdit, by: By, **_: Any) -> None:
    """Open requests are judged by the new policy at once; their approvals stand."""
    rows = _locked()
    if edit.worker is not None:
        rows = rows.filter(worker=edit.worker)
    for proposal in rows:
        before, was = proposal.requirement, proposal.state
        standing = settle(proposal, by.now)
        if (proposal.requirement, proposal.state) != (before, was):
            facts = {"edit": edit.number, "missing": standing.missing}
            record(proposal, "policy_changed", by.now, by=by.actor, facts=facts)


def rollout_moved(rollout_id: Any, code: str, now: datetime, facts: Mapping[str, Any]) -> None:
    """The rollout that a request belongs to ended, or its evidence is another one now. Takes the
    lock of the desired state first, as every decision does: an Abort that waits for an approval's
    row, while the approval waits for the Abort's lock, would be a deadlock."""
    revision.lock()
    rows = _locked().filter(rollout_id=rollout_id)
    if code != ROLLOUT_ENDED:  # who asked may go on with what needs changes
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
    """Ends a request without a deployment: `by` a person, or by itself. The caller holds its
    row."""
    proposal.state, proposal.reason, proposal.facts = state, reason, dict(facts)
    proposal.ended_at = now
    proposal.save(update_fields=["state", "reason", "facts", "ended_at"])
    written = {"reason": reason} | dict(facts)
    record(proposal, state.value, now, by=by, source=source, facts=written)


def _locked() -> ProposalQuerySet:
    rows = Proposal.objects.undecided().select_related("worker")
    return rows.select_for_update(of=("self",))


def _is_own(proposal: Proposal, deployment: Deployment) -> bool:
    """While a rollout runs only it deploys, so its deployments are known by their source."""
    by_rollout = deployment.source == "rollout" and deployment.triggered_by == "rollout"
    return proposal.rollout_id is not None and by_rollout


def _deployment_facts(deployment: Deployment) -> dict[str, Any]:
    """Who deployed what; its shares are not written yet."""
    author = deployment.author
    return {
        "deployment": str(deployment.id),
        "number": deployment.number,
        "by": author.get_username() if author else "",
        "source": deployment.source,
    }


def split_words(deployment: Deployment) -> str:
    """ "#3 v1 at 20%, #2 at 80%", for the page that shows what changed since."""
    return ", ".join(
        f"#{share.version.number} {share.version.tag}".strip()
        + f" at {format_percentage(share.weight)}"
        for share in deployment.shares.all()
    )


def expire(proposal: Proposal, now: datetime | None = None) -> bool:
    """Ends a request whose time is up; whether it did. The caller holds its row."""
    now = now or timezone.now()
    if not proposal.undecided or proposal.expires_at > now:
        return False
    end(proposal, "expired", {}, now, State.EXPIRED)
    return True
