"""The rows that addresses and bodies name, and how long a list is."""

from __future__ import annotations

from uuid import UUID

from ninja import Schema
from pydantic import Field

from dashboard.api.http.errors import ApiError
from dashboard.api.http.lookup import worker_named
from dashboard.api.sluice import messages
from dashboard.api.sluice.errors import Refused
from dashboard.rollouts.models import Rollout, SavedPlanEdit
from dashboard.rollouts.plans.saved_plans import newest
from dashboard.smoketests.models import SuiteEdit
from dashboard.smoketests.suites.edits import newest_edit
from routing.models import Worker


class Listing(Schema):
    """How many rows a list has at most."""

    limit: int = Field(50, ge=1, le=500)


def worker_at(name: str) -> Worker:
    """The Worker that an address names."""
    return worker_named(name, ApiError(404, (10007, messages.worker_unknown(name))))


def edit_of(worker: Worker, suite: str, *, in_body: bool = False) -> SuiteEdit:
    """The newest edit of a suite; `in_body` is where its name was."""
    edit = newest_edit(worker, suite)
    if edit is None:
        status, field = (422, "suite") if in_body else (404, "")
        message = messages.no_suite(worker.name, suite)
        raise Refused(status, "unknown_suite", message, field)
    return edit


def rollout_at(name: str, rollout_id: UUID) -> Rollout:
    """One rollout of the Worker that the address names."""
    worker = worker_at(name)
    rollout = worker.rollouts.with_versions().filter(pk=rollout_id).first()
    if rollout is None:
        raise Refused(404, "unknown_rollout", messages.no_rollout(worker.name))
    return rollout


def edit_named(worker: Worker | None, name: str) -> SavedPlanEdit:
    """The newest edit of a saved plan that this Worker can use; without one, of all Workers."""
    edit = newest(worker, name)
    if edit is None:
        message = messages.no_plan(worker.name if worker else "", name)
        raise Refused(404, "unknown_plan", message, "plan")
    return edit


def own_edit(worker: Worker, name: str) -> SavedPlanEdit:
    """The same for a plan that is only this Worker's."""
    edit = edit_named(worker, name)
    if edit.saved_plan.worker is None:
        message = messages.plan_for_all_workers(name)
        raise Refused(409, "for_all_workers", message, "plan")
    return edit
