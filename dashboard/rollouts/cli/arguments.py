"""The options of `manage.py rollout`, and the plan that they define."""

from __future__ import annotations

import json
import math
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from dashboard.rollouts.decisions.plan import PRESETS, Plan, PlanError, parse_weight
from dashboard.rollouts.decisions.states import OnHarm
from dashboard.rollouts.plans.models import SavedPlanEdit
from dashboard.rollouts.plans.plan_text import plan_with
from dashboard.rollouts.plans.saved_plans import names, newest, usable
from routing.models import Worker

LONGEST_WAIT = 30 * 86_400
TERMS = (
    "steps",
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


def add_common(parser: ArgumentParser) -> None:
    """Options of every action."""
    parser.add_argument("--worker", required=True)
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    parser.add_argument("--wait", action="store_true", help="wait until it ends or is on hold")
    parser.add_argument("--timeout", type=_seconds, default=3600, help="seconds to wait")
    parser.add_argument(
        "--junit", metavar="FILE", type=Path, help="write the rollout and its checks as JUnit XML"
    )


def add_verb(parser: ArgumentParser, verb: str) -> None:
    """Options of an action on a running rollout."""
    parser.add_argument("--user", help="the person who acts; default: the system")
    parser.add_argument("--reason", default="", help="recorded with the act")
    parser.add_argument("--if-deployment", metavar="ID", help="only while this deployment is live")
    parser.add_argument("--if-step", metavar="N", type=int, help="only at this step; -1 at 0%%")
    if verb == "step":
        parser.add_argument(
            "--to",
            metavar="PERCENT",
            help="another share of the plan, higher or lower",
        )


def add_start(parser: ArgumentParser) -> None:
    """Options of `start`."""
    # Django's own --version prints its version; here it names the candidate.
    parser.add_argument("--version", dest="version_id", required=True, help="the candidate's id")
    parser.add_argument("--user", help="the person who starts it; default: the system")
    parser.add_argument("--suite", default="", help="checks that it must pass at 0%%")
    parser.add_argument("--plan", help="a saved plan; options that are given go over its terms")
    add_terms(parser)
    parser.add_argument("--auto", action="store_true", help="needs no confirmation before the ramp")
    parser.add_argument("--force", action="store_true", help="also back to other secrets")
    parser.add_argument("--dry-run", action="store_true", help="print the plan, start nothing")


def add_terms(parser: ArgumentParser) -> None:
    """The terms of a plan, by the names of its fields; those left out are None."""
    presets = ", ".join(PRESETS)
    parser.add_argument(
        "--steps", help=f"20:10s,50:1h:proved:hand,100 (rules: sample, checks, proved) or {presets}"
    )
    parser.add_argument("--final-bake", help="watched so long at 100%%, like 30m")
    parser.add_argument("--on-harm", choices=[o.value for o in OnHarm])
    parser.add_argument("--min-sample", type=int, help="candidate requests that a step needs")
    parser.add_argument("--min-callers", type=int, help="distinct callers that a step needs")
    parser.add_argument("--margin", type=float, help="`proved` means: not this many times as bad")
    parser.add_argument("--error-limit", type=float, help="share that may fail, 0 to 1")
    parser.add_argument("--hours", help="steps up only then: mon-thu 09:00-16:00 Europe/Berlin")
    parser.add_argument("--by-hand", action="store_true", help="each step waits for a person")
    parser.add_argument("--undo-window", help="after its end `undo` works so long, like 24h")
    parser.add_argument("--expiry", help="a candidate at 0%% is forgotten after this, like 7d")
    parser.add_argument("--recheck", help="run the suite again so often, as 5m")
    parser.add_argument(
        "--guardrails", type=Path, help="JSON file: on_breach, prometheus, webhooks"
    )


def plan_of(options: dict[str, Any], base: Plan | None) -> Plan:
    """`base` with the options that were given. Raises `PlanError`."""
    terms: dict[str, Any] = {name: options[name] for name in TERMS}
    terms |= {"automatic": False if options["by_hand"] else None}
    terms |= {"confirm_review": False} if options.get("auto") else {}
    return plan_with(base, terms | _guardrails(options["guardrails"]))


def saved_plan(worker: Worker, name: str | None) -> SavedPlanEdit | None:
    """The newest edit of the plan that `--plan` names. Raises `PlanError` for an unknown one."""
    if name is None:
        return None
    saved = newest(worker, name)
    if saved is None:
        choices = names(usable(worker))
        raise PlanError(
            "plan", f"{worker.name} has no plan called {name!r}. It can use: {choices}."
        )
    return saved


def share(text: str | None) -> int | None:
    """What `--to` names, in units of 0.001%. Raises `PlanError`."""
    if text is None:
        return None
    try:
        return parse_weight(text)
    except PlanError as error:
        raise PlanError("to", str(error)) from error


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_WAIT:
        raise ArgumentTypeError(f"{text!r}: expected seconds from 0 to {LONGEST_WAIT}.")
    return seconds


def _guardrails(file: Path | None) -> dict[str, Any]:
    """The fields of `--guardrails FILE`. Raises `PlanError`."""
    try:
        data = json.loads(file.read_text()) if file else {}
    except (OSError, ValueError) as error:
        raise PlanError("guardrails", f"{file} cannot be read as JSON: {error}.") from error
    if not isinstance(data, dict) or not set(data) <= {"on_breach", "prometheus", "webhooks"}:
        raise PlanError("guardrails", "Write an object of on_breach, prometheus and webhooks.")
    return data
