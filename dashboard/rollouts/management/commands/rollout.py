"""manage.py rollout start|status|confirm|step|step-down|hold|resume|abort|finish|undo --worker W"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.shell_user import shell_user
from dashboard.rollouts import messages, report
from dashboard.rollouts.advance import Stale
from dashboard.rollouts.external.permitted import check_external
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.preview import lines, preview
from dashboard.rollouts.plans.texts import plan_with
from dashboard.rollouts.ramp import PRESETS, Plan, PlanError
from dashboard.rollouts.start import StartRefused, start
from dashboard.rollouts.states import OnHarm
from dashboard.rollouts.verbs import VERBS, By, VerbRefused
from routing.deploy import DeployRefused
from routing.models import Worker

POLL_SECONDS = 0.25
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


class Command(BaseCommand):
    help = (
        "Leads a version from 0% to 100%, or back. Exit codes: 0 done, 1 failed, aborted or rolled "
        "back, 2 bad usage, 3 held, needs attention or the timeout."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name in ("start", "status", *VERBS):
            action = actions.add_parser(name)
            action.add_argument("--worker", required=True)
            action.add_argument("--json", action="store_true", help="last line: one JSON object")
            action.add_argument("--wait", action="store_true", help="until it ends or is held")
            action.add_argument("--timeout", type=float, default=3600, help="seconds to wait")
            if name != "status":
                action.add_argument("--user", help="the person who acts; default: the system")
            if name == "start":
                _start_arguments(action)
            elif name != "status":
                action.add_argument("--reason", default="", help="recorded with the act")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        worker = Worker.objects.filter(name=options["worker"]).first()
        if worker is None:
            raise CommandError(f"There is no Worker called {options['worker']}.", returncode=2)
        try:
            rollout = self._act(action, worker, options)
        except PlanError as error:
            raise CommandError(f"--{_option(error.field)}: {error}", returncode=2) from error
        except (StartRefused, VerbRefused, DeployRefused) as error:
            raise CommandError(str(error), returncode=1) from error
        except Stale as error:
            raise CommandError(messages.moved(error.rollout), returncode=1) from error
        if rollout is None:
            return
        if options["wait"]:
            rollout, in_time = _wait(rollout, options["timeout"])
            self._show(rollout, options["json"])
            sys.exit(report.exit_code(rollout) if in_time else report.WAITS)
        self._show(rollout, options["json"])
        if action == "status":
            sys.exit(report.exit_code(rollout))

    def _act(self, action: str, worker: Worker, options: dict[str, Any]) -> Rollout | None:
        if action == "status":
            return _newest(worker)
        user, now = shell_user(options["user"]), timezone.now()
        if action != "start":
            return VERBS[action](_newest(worker), By(user, "shell", now, options["reason"]))
        plan = _plan(options)
        check_external(plan.external, options["suite"])
        if options["dry_run"]:
            self._dry_run(worker, plan, options["json"])
            return None
        return start(
            worker=worker,
            version_id=options["version_id"],
            plan=plan,
            owner=user,
            source="shell",
            now=now,
            consent=options["force"],
            suite=options["suite"],
        )

    def _dry_run(self, worker: Worker, plan: Plan, as_json: bool) -> None:
        """The last line is the plan as an object, with what each step can notice."""
        now = timezone.now()
        if not as_json:
            self.stdout.write("\n".join(lines(worker, plan, now)))
        self.stdout.write(json.dumps(preview(worker, plan, now)))

    def _show(self, rollout: Rollout, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report.as_json(rollout)))
            return
        self.stdout.write(f"{rollout.worker.name}: {messages.title(rollout)}")
        self.stdout.write(messages.reason(rollout.reason, rollout.facts))
        self.stdout.write(report.url(rollout))


def _start_arguments(parser: ArgumentParser) -> None:
    # Django's own --version prints its version; here it names the candidate.
    parser.add_argument("--version", dest="version_id", required=True, help="the candidate's id")
    parser.add_argument("--suite", default="", help="checks that it must pass at 0%%")
    _plan_arguments(parser)
    parser.add_argument("--auto", action="store_true", help="needs no confirmation before the ramp")
    parser.add_argument("--force", action="store_true", help="also back to other secrets")
    parser.add_argument("--dry-run", action="store_true", help="print the plan, start nothing")


def _plan_arguments(parser: ArgumentParser) -> None:
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


def _terms(options: dict[str, Any]) -> dict[str, Any]:
    terms = {name: options[name] for name in TERMS}
    terms |= {"automatic": False if options["by_hand"] else None}
    return terms | _guardrails(options["guardrails"])


def _plan(options: dict[str, Any]) -> Plan:
    review = {"confirm_review": False} if options["auto"] else {}
    return plan_with(None, _terms(options) | review)


def _guardrails(file: Path | None) -> dict[str, Any]:
    """The fields of `--guardrails FILE`. Raises `PlanError`."""
    try:
        data = json.loads(file.read_text()) if file else {}
    except (OSError, ValueError) as error:
        raise PlanError("guardrails", f"{file} cannot be read as JSON: {error}.") from error
    if not isinstance(data, dict) or not set(data) <= {"on_breach", "prometheus", "webhooks"}:
        raise PlanError("guardrails", "Write an object of on_breach, prometheus and webhooks.")
    return data


def _wait(rollout: Rollout, seconds: float) -> tuple[Rollout, bool]:
    """The rollout when it is settled, or when the time is up (False)."""
    deadline = time.monotonic() + seconds
    while not report.settled(rollout):
        if time.monotonic() > deadline:
            return rollout, False
        time.sleep(POLL_SECONDS)
        rollout = Rollout.objects.with_versions().get(pk=rollout.pk)
    return rollout, True


def _newest(worker: Worker) -> Rollout:
    rollout = worker.rollouts.with_versions().order_by("-started_at").first()
    if rollout is None:
        raise CommandError(f"{worker.name} has had no rollout.", returncode=2)
    return rollout


def _option(field: str) -> str:
    return field.replace("_", "-")
