"""Saved plans: of all Workers, and of one."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Router, Status

from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.sluice.lookup import edit_named, own_edit, worker_at
from dashboard.api.sluice.rollouts.plan_schemas import RenameInput, SavedPlanInput, SavedPlanItem
from dashboard.rollouts.actions.actions import ActionRequest
from dashboard.rollouts.models import SavedPlanEdit
from dashboard.rollouts.plans import saved_plans
from dashboard.rollouts.plans.plan_text import plan_with
from dashboard.rollouts.plans.report import saved_as_json
from routing.models import Worker

router = Router(tags=["Plans"])
OF_ALL = "/plans"
OF_WORKER = "/workers/{name}/plans"


@router.get(OF_ALL, auth=may_read, response=list[SavedPlanItem])
def list_plans(request: ApiRequest) -> Any:
    """Plans of all Workers, by name."""
    return [saved_as_json(edit) for edit in saved_plans.usable(None)]


@router.get(OF_WORKER, auth=may_read, response=list[SavedPlanItem])
def list_plans_of_worker(request: ApiRequest, name: str) -> Any:
    """Plans that the Worker can use: its own, and those of all Workers."""
    return [saved_as_json(edit) for edit in saved_plans.usable(worker_at(name))]


@router.put(OF_ALL + "/{plan}", auth=may_deploy, response=SavedPlanItem)
def save_plan(request: ApiRequest, plan: str, given: SavedPlanInput) -> Any:
    """The next edit of a plan of all Workers, which is made when there is none."""
    return _save(request, plan, None, given)


@router.put(OF_WORKER + "/{plan}", auth=may_deploy, response=SavedPlanItem)
def save_plan_of_worker(request: ApiRequest, name: str, plan: str, given: SavedPlanInput) -> Any:
    """The next edit of one of the Worker's own plans, which is made when there is none."""
    return _save(request, plan, worker_at(name), given)


@router.patch(OF_ALL + "/{plan}", auth=may_deploy, response=SavedPlanItem)
def rename_plan(request: ApiRequest, plan: str, given: RenameInput) -> Any:
    """A new name; the edits stay."""
    return _rename(request, edit_named(None, plan), given)


@router.patch(OF_WORKER + "/{plan}", auth=may_deploy, response=SavedPlanItem)
def rename_plan_of_worker(request: ApiRequest, name: str, plan: str, given: RenameInput) -> Any:
    """A new name; the edits stay."""
    return _rename(request, own_edit(worker_at(name), plan), given)


@router.delete(OF_ALL + "/{plan}", auth=may_deploy, response={204: None})
def delete_plan(request: ApiRequest, plan: str) -> Any:
    """With its edits. Rollouts that started with it have their own copy."""
    saved_plans.delete(edit_named(None, plan).saved_plan, _actor(request))
    return Status(204, None)


@router.delete(OF_WORKER + "/{plan}", auth=may_deploy, response={204: None})
def delete_plan_of_worker(request: ApiRequest, name: str, plan: str) -> Any:
    """With its edits. Rollouts that started with it have their own copy."""
    saved_plans.delete(own_edit(worker_at(name), plan).saved_plan, _actor(request))
    return Status(204, None)


def _save(request: ApiRequest, name: str, worker: Worker | None, given: SavedPlanInput) -> Any:
    before = saved_plans.newest(worker, name)
    plan = plan_with(before.plan if before else None, given.terms())
    return saved_as_json(saved_plans.save(name, plan, worker, _actor(request), given.edit))


def _rename(request: ApiRequest, edit: SavedPlanEdit, given: RenameInput) -> Any:
    saved_plans.rename(edit.saved_plan, given.name, _actor(request))
    return saved_as_json(edit)


def _actor(request: ApiRequest) -> ActionRequest:
    return ActionRequest(request.auth.user, request.auth.source, timezone.now(), by_token=True)
