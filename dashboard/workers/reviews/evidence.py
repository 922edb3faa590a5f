"""The checks behind a request: the run it is bound to, and the reader's own before a vote."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from dashboard.accounts.models import User
from dashboard.reviews.proposals.models import Proposal
from dashboard.smoketests.assertions import Verdict
from dashboard.smoketests.models import SmokeRun
from routing.models import Version


def run_of(proposal: Proposal, candidate: Version | None) -> Any:
    """The run that the approvals are bound to; without one, the newest of this version. Has
    `passed` and `results_in_all`."""
    rows = _counted().filter(version=candidate) if candidate else SmokeRun.objects.none()
    if run_id := proposal.evidence.get("run"):
        rows = _counted().filter(pk=run_id)
    return rows.order_by("-started_at").first()


def own_run(proposal: Proposal, candidate: Version | None, user: User) -> Any:
    """The reader's newest run of checks on this version since the request."""
    if candidate is None:
        return None
    rows = _counted().filter(version=candidate, author=user, started_at__gte=proposal.asked_at)
    return rows.filter(rollout_id=None).order_by("-started_at").first()


def proof_of(run: Any) -> dict[str, Any]:
    """What a vote carries of the reader's run; nothing while it is not over."""
    if run is None or not run.finished:
        return {}
    return {
        "run": str(run.pk),
        "suite": run.edit.suite.name,
        "state": run.state,
        "passed": run.passed,
        "results": run.results_in_all,
    }


def _counted() -> Any:
    runs = SmokeRun.objects.select_related("edit__suite", "author", "version")
    return runs.annotate(
        results_in_all=Count("results"),
        passed=Count("results", filter=Q(results__verdict=Verdict.PASSED)),
    )
