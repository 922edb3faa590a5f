"""The start as a command, equal to the form."""

from __future__ import annotations

import shlex
from typing import Any

from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.plans.commands import changed_terms, curl, options
from routing.models import Worker


def start_commands(
    worker: Worker, plan: Plan, version_id: str, suite: str, expected: str, api: str
) -> list[tuple[str, str]]:
    """(title, text) of a shell command and a curl command."""
    terms = changed_terms(plan, Plan(plan.steps))
    body: dict[str, Any] = {"version_id": version_id} | terms
    body |= {"suite": suite} if suite else {}
    body |= {} if plan.confirm_review else {"auto": True}
    body |= {"deployment_id": expected} if expected else {}
    body |= {name: value for name, value in plan.external.as_json().items() if value}
    address = f"{api}/workers/{worker.name}/rollouts"
    return [
        ("shell", _shell(worker, version_id, suite, plan, terms)),
        ("curl", curl("POST", address, body)),
    ]


def _shell(worker: Worker, version_id: str, suite: str, plan: Plan, terms: dict[str, Any]) -> str:
    words = ["manage.py rollout start", f"--worker {worker.name}", f"--version {version_id}"]
    words += [f"--suite {shlex.quote(suite)}"] if suite else []
    words += options(terms)
    words += [] if plan.confirm_review else ["--auto"]
    if plan.external.on_breach or plan.external.sources:
        words.append("--guardrails guardrails.json")
    return " \\\n  ".join([*words, "--user YOU"])
