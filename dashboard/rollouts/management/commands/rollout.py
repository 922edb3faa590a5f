"""manage.py rollout ACTION --worker W: start, status, change-plan, every verb, and saved plans."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.shell_user import shell_user
from dashboard.rollouts import messages
from dashboard.rollouts.actions.actions import ACTIONS, ActionRefused, ActionRequest, check_position
from dashboard.rollouts.actions.start import StartRefused, start
from dashboard.rollouts.backtest.report import as_json, lines as replay_lines
from dashboard.rollouts.cli import arguments, backtest, saved_plans
from dashboard.rollouts.cli.junit import rollout_junit
from dashboard.rollouts.conductor.advance import Stale
from dashboard.rollouts.decisions.plan import Plan, PlanError
from dashboard.rollouts.external_guardrails.validation import check_external
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.form.preview import lines, preview
from dashboard.rollouts.plans.models import SavedPlanEdit
from dashboard.rollouts.plans.plan_edits import change_plan
from dashboard.rollouts.plans.report import saved_as_json
from dashboard.rollouts.plans.saved_plans import SavedPlanError
from dashboard.rollouts.record import report
from dashboard.rollouts.related_rollouts.messages import related_warnings
from routing.control.deploy import DeployRefused
from routing.models import Worker

BAD_USAGE = ("unknown_step", "unknown_suite", "unknown_version", "name")
"""Codes of refusals that are answered with 2: what was typed can never work."""
POLL_SECONDS = 0.25


class Command(BaseCommand):
    help = (
        "Leads a version from 0% to 100%, or back. Exit codes: 0 done, 1 failed, aborted or rolled "
        "back, 2 bad usage, 3 held, needs attention or the timeout."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name in saved_plans.ACTIONS:
            saved_plans.add_arguments(actions.add_parser(name), name)
        backtest.add_arguments(actions.add_parser("backtest"))
        for name in ("start", "status", "change-plan", *ACTIONS):
            action = actions.add_parser(name)
            arguments.add_common(action)
            if name == "start":
                arguments.add_start(action)
            elif name != "status":
                arguments.add_verb(action, name)
            if name == "change-plan":
                arguments.add_terms(action)
                action.add_argument("--if-edit", type=int, help="only if the plan has this edit")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        worker = Worker.objects.filter(name=options["worker"]).first()
        if worker is None:
            raise CommandError(f"There is no Worker called {options['worker']}.", returncode=2)
        try:
            rollout = self._act(action, worker, options)
        except PlanError as error:
            raise CommandError(f"--{_option(error.field)}: {error}", returncode=2) from error
        except (StartRefused, ActionRefused, DeployRefused, SavedPlanError) as error:
            code = 2 if error.code in BAD_USAGE else 1
            raise CommandError(_with_link(error), returncode=code) from error
        except Stale as error:
            raise CommandError(messages.moved(error.rollout), returncode=1) from error
        if rollout is not None:
            self._finish(action, rollout, options)

    def _finish(self, action: str, rollout: Rollout, options: dict[str, Any]) -> None:
        if options["wait"]:
            rollout, in_time = _wait(rollout, options["timeout"])
            self._write_junit(rollout, options["junit"])
            self._show(rollout, options["json"])
            sys.exit(report.exit_code(rollout) if in_time else report.WAITS)
        self._write_junit(rollout, options["junit"])
        self._show(rollout, options["json"])
        if action == "status":
            sys.exit(report.exit_code(rollout))

    def _act(self, action: str, worker: Worker, options: dict[str, Any]) -> Rollout | None:
        if action == "status":
            return _newest(worker)
        if action == "backtest":
            self._backtest(worker, options)
            return None
        by = ActionRequest(
            shell_user(options.get("user")), "shell", timezone.now(), options.get("reason", "")
        )
        if action in saved_plans.ACTIONS:
            self._show_plans(saved_plans.act(action, worker, options, by), options["json"])
            return None
        if action == "start":
            return self._start(worker, options, by)
        rollout = _newest(worker)
        deployment, step = options["if_deployment"], options["if_step"]
        check_position(
            rollout,
            rollout.deployment_id if deployment is None else deployment,
            rollout.step if step is None else step,
        )
        if action == "change-plan":
            expected = options["if_edit"] or rollout.plan_edit
            plan = arguments.plan_of(options, rollout.as_value().upcoming)
            return change_plan(rollout, plan, by, expected)
        return ACTIONS[action](rollout, replace(by, to=arguments.share(options.get("to"))))

    def _backtest(self, worker: Worker, options: dict[str, Any]) -> None:
        replay = backtest.request_from_options(worker, options).run(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(as_json(replay)))
            return
        for line in replay_lines(replay):
            self.stdout.write(line)

    def _start(self, worker: Worker, options: dict[str, Any], by: ActionRequest) -> Rollout | None:
        saved = arguments.saved_plan(worker, options["plan"])
        plan = arguments.plan_of(options, saved.plan if saved else None)
        check_external(plan.external, options["suite"])
        if options["dry_run"]:
            self._dry_run(worker, plan, options)
            return None
        rollout = start(
            worker=worker,
            version_id=options["version_id"],
            plan=plan,
            owner=by.user,
            source=by.source,
            now=by.now,
            consent=options["force"],
            suite=options["suite"],
            saved=saved,
        )
        for warning in related_warnings(rollout):
            self.stderr.write(f"Warning: {warning}")
        return rollout

    def _show_plans(self, edits: list[SavedPlanEdit], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([saved_as_json(edit) for edit in edits]))
            return
        for edit in edits:
            self.stdout.write(saved_plans.line(edit))

    def _write_junit(self, rollout: Rollout, file: Path | None) -> None:
        if file is None:
            return
        try:
            file.write_text(rollout_junit(rollout), "utf-8")
        except OSError as error:
            self.stderr.write(f"--junit: {file} cannot be written: {error.strerror}.")

    def _dry_run(self, worker: Worker, plan: Plan, options: dict[str, Any]) -> None:
        """The last line is the plan as an object, with what each step can notice."""
        now = timezone.now()
        if not options["json"]:
            self.stdout.write("\n".join(lines(worker, plan, now)))
        self.stdout.write(json.dumps(preview(worker, plan, now, options["version_id"])))

    def _show(self, rollout: Rollout, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report.as_json(rollout)))
            return
        self.stdout.write(f"{rollout.worker.name}: {messages.title(rollout)}")
        self.stdout.write(messages.reason(rollout.reason, rollout.facts))
        self.stdout.write(report.review_url(rollout) or report.url(rollout))


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


def _with_link(refused: Exception) -> str:
    """Its sentence, and where the rollout is that runs already."""
    running = refused.rollout if isinstance(refused, StartRefused) else None
    return f"{refused} {report.url(running)}" if running else str(refused)


def _option(field: str) -> str:
    return field.replace("_", "-")
