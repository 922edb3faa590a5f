"""manage.py rollout plans|save-plan|rename-plan|delete-plan: plans by name."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from dashboard.rollouts.actions.actions import ActionRequest
from dashboard.rollouts.cli.arguments import add_terms, plan_of, saved_plan
from dashboard.rollouts.decisions.plan import PlanError
from dashboard.rollouts.plans import saved_plans
from dashboard.rollouts.plans.models import SavedPlanEdit
from dashboard.rollouts.plans.plan_text import format_steps
from routing.models import Worker

ACTIONS = ("plans", "save-plan", "rename-plan", "delete-plan")


def add_arguments(parser: ArgumentParser, action: str) -> None:
    parser.add_argument("--worker", required=True)
    parser.add_argument("--json", action="store_true", help="JSON instead of words")
    if action == "plans":
        return
    parser.add_argument("--plan", required=True, help="the plan's name")
    parser.add_argument("--user", help="the person who saves; default: the system")
    if action == "rename-plan":
        parser.add_argument("--to", required=True, help="the new name")
    if action == "save-plan":
        parser.add_argument("--everywhere", action="store_true", help="for all Workers")
        parser.add_argument("--auto", action="store_true", help="goes on without a confirmation")
        add_terms(parser)


def act(
    action: str, worker: Worker, options: dict[str, Any], by: ActionRequest
) -> list[SavedPlanEdit]:
    """Does it; the plans to show. Raises `PlanError` and `SavedPlanError`."""
    if action == "plans":
        return saved_plans.usable(worker)
    if action == "save-plan":
        before = saved_plans.newest(worker, options["plan"])
        plan = plan_of(options, before.plan if before else None)
        return [
            saved_plans.save(options["plan"], plan, None if options["everywhere"] else worker, by)
        ]
    edit = saved_plan(worker, options["plan"])
    if edit is None:
        raise PlanError("plan", "Name a plan.")
    if action == "rename-plan":
        saved_plans.rename(edit.saved_plan, options["to"], by)
        return [edit]
    saved_plans.delete(edit.saved_plan, by)
    return []


def line(edit: SavedPlanEdit) -> str:
    """One plan for a terminal."""
    where = edit.saved_plan.worker.name if edit.saved_plan.worker else "all Workers"
    return f"{edit.saved_plan.name}  edit {edit.number}  {where}  {format_steps(edit.plan.steps)}"
