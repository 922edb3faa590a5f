"""Rollouts: listed, started, read with their story, and every verb."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.sluice import messages
from dashboard.api.sluice.errors import Refused
from dashboard.api.sluice.lookup import Listing, edit_named, rollout_at, worker_at
from dashboard.api.sluice.rollouts.plan_schemas import PlanChangeInput, StartInput
from dashboard.api.sluice.schemas import (
    Json,
    RolloutDetail,
    RolloutItem,
    VerbInput,
)
from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest, check_position
from dashboard.rollouts.actions.start import start
from dashboard.rollouts.decisions.plan import PlanError, parse_weight
from dashboard.rollouts.list.query import RolloutFilter, narrowed
from dashboard.rollouts.models import Rollout, RolloutQuerySet
from dashboard.rollouts.plans.form.preview import preview
from dashboard.rollouts.plans.plan_edits import change_plan
from dashboard.rollouts.plans.plan_text import plan_with
from dashboard.rollouts.record import report
from dashboard.rollouts.record.record import record_of
from dashboard.rollouts.related_rollouts.messages import related_warnings

router = Router(tags=["Rollouts"])
ROLLOUTS = "/workers/{name}/rollouts"
ROLLOUT = ROLLOUTS + "/{rollout_id}"


class RolloutListing(Listing):
    """Those that run, that need a person, that ended, or all of them; `q` is part of a Worker's
    name or a version's tag, or its number."""

    show: Literal["running", "attention", "ended", "all"] = "all"
    q: str = Field("", max_length=100)


@router.get("/rollouts", auth=may_read, response=list[RolloutItem])
def list_all(request: ApiRequest, listing: Query[RolloutListing]) -> Any:
    """Every Worker's rollouts, newest first."""
    return _listed(Rollout.objects.with_versions(), listing)


@router.get(ROLLOUTS, auth=may_read, response=list[RolloutItem])
def list_rollouts(request: ApiRequest, name: str, listing: Query[RolloutListing]) -> Any:
    """The Worker's rollouts, newest first."""
    return _listed(worker_at(name).rollouts.with_versions(), listing)


@router.post(ROLLOUTS, auth=may_deploy, response={201: RolloutDetail, 200: Json})
def start_rollout(request: ApiRequest, name: str, given: StartInput) -> Any:
    """Starts a rollout. If one runs already, the answer is 409 with that one. With `dry_run`
    nothing starts: the answer is the plan, and what each step can notice at today's traffic."""
    worker, caller = worker_at(name), request.auth
    saved = edit_named(worker, given.plan) if given.plan else None
    plan = plan_with(saved.plan if saved else None, given.terms())
    if given.dry_run:
        return Status(200, preview(worker, plan, timezone.now(), given.version_id))
    rollout = start(
        worker=worker,
        version_id=given.version_id,
        plan=plan,
        owner=caller.user,
        source=caller.source,
        now=timezone.now(),
        expected=given.deployment_id,
        consent=given.force,
        suite=given.suite,
        by_token=True,
        saved=saved,
    )
    return Status(201, report.with_story(rollout) | {"warnings": related_warnings(rollout)})


@router.get(ROLLOUT, auth=may_read, response=RolloutDetail)
def get_rollout(request: ApiRequest, name: str, rollout_id: UUID) -> Any:
    """One rollout with its plan and every line of its story."""
    return report.with_story(rollout_at(name, rollout_id))


@router.get(ROLLOUT + "/record", auth=may_read, response=Json)
def get_record(request: ApiRequest, name: str, rollout_id: UUID) -> Any:
    """The release record of an ended rollout; 409 while it runs."""
    record = record_of(rollout_at(name, rollout_id))
    if record is None:
        raise Refused(409, "running", messages.NO_RECORD_YET)
    return record.as_json()


@router.put(ROLLOUT + "/plan", auth=may_deploy, response=RolloutDetail)
def change(request: ApiRequest, name: str, rollout_id: UUID, given: PlanChangeInput) -> Any:
    """A new edit of the plan, in force from the next step. Terms left out stay as they are. If the
    rollout moved or another edit was made, the answer is 409 with who and when."""
    rollout, caller = rollout_at(name, rollout_id), request.auth
    check_position(rollout, given.deployment_id, given.step)
    plan = plan_with(rollout.as_value().upcoming, given.terms())
    now = timezone.now()
    by = ActionRequest(caller.user, caller.source, now, given.reason.strip(), by_token=True)
    return report.with_story(change_plan(rollout, plan, by, given.edit))


@router.post(ROLLOUT + "/{verb}", auth=may_deploy, response=RolloutItem)
def act(request: ApiRequest, name: str, rollout_id: UUID, verb: str, given: VerbInput) -> Any:
    """`verb` is one of the buttons: `confirm`, `step`, `step-down`, `hold`, `resume`, `retry`,
    `abort`, `finish`, `undo`; `step` may name the share it goes `to`. The body says where the
    caller believes the rollout is; if it moved, the answer is 409 with who moved it and when, and
    nothing happens."""
    if verb not in ACTIONS:
        raise Refused(404, "unknown_verb", messages.unknown_verb(verb, ACTIONS), "verb")
    rollout, caller = rollout_at(name, rollout_id), request.auth
    check_position(rollout, given.deployment_id, given.step)
    to = None if given.to is None else _share(given.to)
    reason = given.reason.strip()
    by = ActionRequest(caller.user, caller.source, timezone.now(), reason, by_token=True, to=to)
    return report.as_json(ACTIONS[verb](rollout, by))


def _share(to: float | str) -> int:
    try:
        return parse_weight(f"{to:.3f}" if isinstance(to, float) else str(to))
    except PlanError as error:
        raise PlanError("to", str(error)) from error


def _listed(rows: RolloutQuerySet, listing: RolloutListing) -> list[dict[str, Any]]:
    matching = narrowed(rows, RolloutFilter(listing.show, q=listing.q)).order_by("-started_at")
    return [report.as_json(rollout) for rollout in matching[: listing.limit]]
