"""The rows that addresses and bodies name, and how long a list is."""

from __future__ import annotations

from uuid import UUID

from ninja import Schema
from pydantic import Field

from dashboard.api.errors import ApiError
from dashboard.api.lookup import worker_called
from dashboard.api.sluice.errors import Refused
from dashboard.rollouts.models import Rollout
from dashboard.smoketests.models import SuiteEdit
from dashboard.smoketests.suites import newest_edit
from routing.models import Worker


class Listing(Schema):
    """How many rows a list has at most."""

    limit: int = Field(50, ge=1, le=500)


def worker_at(name: str) -> Worker:
    """The Worker that an address names."""
    return worker_called(name, ApiError(404, (10007, f"There is no Worker called {name[:100]}.")))


def edit_of(worker: Worker, suite: str, *, in_body: bool = False) -> SuiteEdit:
    """The newest edit of a suite; `in_body` is where its name was."""
    edit = newest_edit(worker, suite)
    if edit is None:
        status, field = (422, "suite") if in_body else (404, "")
        message = f"{worker.name} has no suite called {suite[:100]!r}."
        raise Refused(status, "unknown_suite", message, field)
    return edit


def rollout_at(name: str, rollout_id: UUID) -> Rollout:
    """One rollout of the Worker that the address names."""
    worker = worker_at(name)
    rollout = worker.rollouts.with_versions().filter(pk=rollout_id).first()
    if rollout is None:
        raise Refused(404, "unknown_rollout", f"{worker.name} has no rollout with this id.")
    return rollout
