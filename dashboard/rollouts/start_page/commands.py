"""The start as a command: exactly what the form would start."""

from __future__ import annotations

import json
import shlex
from typing import Any

from dashboard.rollouts.plans.texts import format_steps
from dashboard.rollouts.ramp import Plan
from dashboard.times.hours import format_hours
from routing.models import Worker

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


def start_commands(
    worker: Worker, plan: Plan, version_id: str, suite: str, expected: str, api: str
) -> list[tuple[str, str]]:
    """(title, text) for the terminal of this machine and for HTTP."""
    terms = _changed_terms(plan)
    body = {"version_id": version_id} | terms | ({"suite": suite} if suite else {})
    body |= {} if plan.confirm_review else {"auto": True}
    body |= {"deployment_id": expected} if expected else {}
    outside = {name: value for name, value in plan.external.as_json().items() if value}
    return [
        ("shell", _shell(worker, version_id, suite, plan, terms)),
        ("curl", _curl(worker, body | outside, api)),
    ]


def _changed_terms(plan: Plan) -> dict[str, Any]:
    """The steps, and the terms that are not the defaults, as they are typed."""
    usual = Plan(plan.steps)
    written, defaults = plan.as_json(), usual.as_json()
    terms: dict[str, Any] = {"steps": format_steps(plan.steps)}
    for name in TERMS:
        if written[name] != defaults[name]:
            terms[name] = format_hours(plan.hours) if name == "hours" else written[name]
    return terms


def _shell(worker: Worker, version_id: str, suite: str, plan: Plan, terms: dict[str, Any]) -> str:
    words = ["manage.py rollout start", f"--worker {worker.name}", f"--version {version_id}"]
    words += [f"--suite {shlex.quote(suite)}"] if suite else []
    words += [f"--{n.replace('_', '-')} {shlex.quote(str(v))}" for n, v in terms.items()]
    words += [] if plan.confirm_review else ["--auto"]
    if plan.external.on_breach or plan.external.sources:
        words.append("--guardrails guardrails.json")
    return " \\\n  ".join([*words, "--user YOU"])


def _curl(worker: Worker, body: dict[str, Any], api: str) -> str:
    address = f"{api}/workers/{worker.name}/rollouts"
    return (
        f"curl -X POST {shlex.quote(address)} \\\n"
        '  -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \\\n'
        f"  -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(body))}"
    )
