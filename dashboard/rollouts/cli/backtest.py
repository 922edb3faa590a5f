"""manage.py rollout backtest: what a plan's guardrails would have done over recorded traffic."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from dashboard.rollouts.backtest.request import BacktestRequest, backtest_request
from dashboard.rollouts.cli.arguments import saved_plan
from dashboard.rollouts.decisions.states import OnHarm
from dashboard.rollouts.plans.plan_text import format_steps
from routing.models import Worker

TERMS = (
    "steps",
    "final_bake",
    "on_harm",
    "min_sample",
    "min_callers",
    "margin",
    "error_limit",
)
"""`--hours` is how far back, so the hours of a plan are not among them."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--worker", required=True)
    parser.add_argument("--rollout", default="", help="the id of a rollout that ended")
    parser.add_argument("--hours", type=int, help="the last hours, with a version just like stable")
    parser.add_argument(
        "--rise", type=float, default=1.0, help="with --hours: its failures, times so many"
    )
    parser.add_argument("--plan", help="the steps of a saved plan")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--steps", help="20:10s,50:1h:proved,100; default: those of the rollout")
    parser.add_argument("--final-bake", help="watched so long at 100%%, like 30m")
    parser.add_argument("--on-harm", choices=[o.value for o in OnHarm])
    parser.add_argument("--min-sample", type=int, help="candidate requests that a step needs")
    parser.add_argument("--min-callers", type=int, help="distinct callers that a step needs")
    parser.add_argument("--margin", type=float, help="`proved` means: not this many times as bad")
    parser.add_argument("--error-limit", type=float, help="share that may fail, 0 to 1")


def request_from_options(worker: Worker, options: dict[str, Any]) -> BacktestRequest:
    """Raises `PlanError`, which names the option."""
    terms = {name: options[name] for name in TERMS}
    if (saved := saved_plan(worker, options["plan"])) and terms["steps"] is None:
        terms["steps"] = format_steps(saved.plan.steps)
    return backtest_request(
        worker,
        terms,
        rollout_id=options["rollout"],
        hours=options["hours"],
        rise=options["rise"],
    )
