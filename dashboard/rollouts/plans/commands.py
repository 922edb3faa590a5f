"""A plan as options of a command, and as a request body."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.plan_text import format_steps
from dashboard.times.hours import format_hours

TERMS = (
    "final_bake",
    "on_harm",
    "min_sample",
    "min_callers",
    "margin",
    "error_limit",
    "hours",
    "undo_window",
    "expiry",
    "recheck",
)


def changed_terms(plan: Plan, base: Plan) -> dict[str, Any]:
    """The steps, and the terms that differ from `base`, as text."""
    written, before = plan.as_json(), base.as_json()
    terms: dict[str, Any] = {"steps": format_steps(plan.steps)}
    for name in TERMS:
        if written[name] != before[name]:
            terms[name] = format_hours(plan.hours) if name == "hours" else written[name] or ""
    return terms


def options(terms: Mapping[str, Any]) -> list[str]:
    """["--final-bake 30m", …]"""
    return [f"--{n.replace('_', '-')} {shlex.quote(str(v))}" for n, v in terms.items()]


def curl(method: str, address: str, body: Mapping[str, Any]) -> str:
    """One request to Sluice's own API."""
    return (
        f"curl -X {method} {shlex.quote(address)} \\\n"
        '  -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \\\n'
        f"  -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(body))}"
    )


def change_commands(rollout: Rollout, plan: Plan, api: str) -> list[tuple[str, str]]:
    """(title, text) of commands that change a running plan. They do nothing after another
    change."""
    terms = changed_terms(plan, rollout.as_value().upcoming)
    name = rollout.worker.name
    words = [f"manage.py rollout change-plan --worker {name}", *options(terms)]
    words += [f"--if-edit {rollout.plan_edit} --if-step {rollout.step}", "--user YOU"]
    expected = {"deployment_id": rollout.deployment_id, "step": rollout.step}
    body = expected | {"edit": rollout.plan_edit} | terms
    address = f"{api}/workers/{name}/rollouts/{rollout.pk}/plan"
    return [("shell", " \\\n  ".join(words)), ("curl", curl("PUT", address, body))]
