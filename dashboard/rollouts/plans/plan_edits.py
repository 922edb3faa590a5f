"""A new edit of a running rollout's plan, in force from the next step."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dashboard.rollouts.actions.actions import ActionRefused, ActionRequest
from dashboard.rollouts.conductor.advance import Stale, claim, record
from dashboard.rollouts.decisions.plan import Plan, PlanError
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, State
from dashboard.rollouts.decisions.values import Rollout as Value
from dashboard.rollouts.external_guardrails.validation import check_external
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.plan_text import format_steps
from dashboard.rollouts.review_step.request import end_review
from routing.control import audit
from routing.rules.split import format_percentage


def change_plan(rollout: Rollout, plan: Plan, by: ActionRequest, expected_edit: int) -> Rollout:
    """Saves `plan` as the next edit. Raises `Stale` if `expected_edit` is not the newest edit,
    `ActionRefused` without a next step or a change, `PlanError` if a begun step changes."""
    if expected_edit != rollout.plan_edit:
        raise Stale(rollout)
    value = rollout.as_value()
    check_changeable(value)
    _check_steps(value, plan, rollout.weight)
    check_external(plan.external, rollout.suite)
    changes = differences(value.upcoming, plan)
    if not changes:
        raise ActionRefused("same", "Nothing changed: this is the plan already.")
    with transaction.atomic():
        claim(rollout)
        before = rollout.next_plan or rollout.plan
        rollout.next_plan, rollout.plan_edit = plan.as_json(), rollout.plan_edit + 1
        rollout.save()
        end_review(rollout, "plan_edited", by.now, {"edit": rollout.plan_edit})
        facts = {"edit": rollout.plan_edit, "changes": changes, "plan": rollout.next_plan}
        facts |= {"reason": by.reason} if by.reason else {}
        record(rollout, "plan_changed", facts, by.now, by.user)
        _audit(rollout, by, before)
    return rollout


def check_changeable(rollout: Value) -> None:
    """Raises `ActionRefused` when no step follows."""
    if rollout.state in ENDED | GOING_BACK:
        state = rollout.state.replace("_", " ")
        raise ActionRefused("state", f"A rollout that is {state} has no next step.")
    if rollout.following is None:
        raise ActionRefused("step", "The last step is running: a new plan has no effect.")


def differences(before: Plan, after: Plan) -> list[str]:
    """One line per changed term: "steps: 20:10s,100 → 20:10s,50:1h,100"."""
    old, new = _in_words(before), _in_words(after)
    return [f"{name}: {old[name]} → {new[name]}" for name in new if old[name] != new[name]]


def _in_words(plan: Plan) -> dict[str, Any]:
    words = plan.as_json() | {"steps": format_steps(plan.steps)}
    hours = plan.hours.as_json() if plan.hours else None
    if hours:
        words["hours"] = (
            f"{' '.join(hours['days'])} {hours['from']}–{hours['until']} {hours['zone']}"
        )
    return {name.replace("_", " "): value for name, value in words.items()}


def _check_steps(rollout: Value, plan: Plan, weight: int) -> None:
    """Raises `PlanError` if a begun step changes, or the next one is not above the current
    share."""
    begun = rollout.upcoming.steps[: rollout.step + 1]
    if plan.steps[: len(begun)] != begun:
        shares = ", ".join(step.percentage for step in begun)
        raise PlanError("steps", f"Steps that have begun stay as they are: {shares}.")
    following = plan.steps[len(begun)]
    if following.weight <= weight:
        share = format_percentage(weight)
        raise PlanError("steps", f"The next step is above {share}, which the candidate has now.")


def _audit(rollout: Rollout, by: ActionRequest, before: Any) -> None:
    audit.record(
        "rollout.change_plan",
        rollout.worker.name,
        actor=by.user,
        source=by.source,
        now=by.now,
        before={"plan": before},
        after={
            "rollout": str(rollout.pk),
            "state": State(rollout.state).value,
            "edit": rollout.plan_edit,
            "plan": rollout.next_plan,
        },
    )
