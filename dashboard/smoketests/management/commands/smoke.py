"""manage.py smoke import|export|list|run --worker W"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.shell_user import shell_user
from dashboard.smoketests.models import SmokeRun, SuiteEdit
from dashboard.smoketests.runs.junit import junit
from dashboard.smoketests.runs.report import results_as_json, run_as_json
from dashboard.smoketests.runs.run import ask, execute
from dashboard.smoketests.subject import NoSubject, version_under_test
from dashboard.smoketests.suites.edits import export, import_suite, newest_edit
from dashboard.smoketests.suites.yaml_format import SuiteError
from routing.models import Version, Worker

EXIT_CODES = {SmokeRun.State.PASSED: 0, SmokeRun.State.FAILED: 1}
"""A run that proves nothing (broken, stopped) exits with 3."""


class Command(BaseCommand):
    help = (
        "Suites of smoke checks. `run` exits with 0 when all required checks passed, 1 when one "
        "failed, 2 for bad usage, 3 when it proves nothing: another version answered, or none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        load = actions.add_parser("import", help="read a suite from a YAML file, - for stdin")
        load.add_argument("file")
        load.add_argument("--user", help="the author of the edit; default: the system")
        write = actions.add_parser("export", help="print a suite as YAML")
        write.add_argument("--suite", required=True)
        actions.add_parser("list", help="the Worker's suites")
        run = actions.add_parser("run", help="send the checks to a version, by override")
        run.add_argument("--suite", required=True)
        # Django's own --version prints its version; here it names the version under test.
        run.add_argument("--version", dest="version_id", help="default: the candidate")
        run.add_argument("--user")
        run.add_argument("--no-scripts", action="store_true", help="run no command of the suite")
        run.add_argument("--json", action="store_true", help="last line: one JSON object")
        run.add_argument("--junit", metavar="FILE", type=Path, help="write JUnit XML")
        for action in actions.choices.values():
            action.add_argument("--worker", required=True)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        worker = Worker.objects.filter(name=options["worker"]).first()
        if worker is None:
            raise CommandError(f"There is no Worker called {options['worker']}.", returncode=2)
        getattr(self, f"_{action}")(worker, options)

    def _import(self, worker: Worker, options: dict[str, Any]) -> None:
        try:
            file = options["file"]
            text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
            edit = import_suite(
                worker=worker,
                text=text,
                author=shell_user(options["user"]),
                source="shell",
                now=timezone.now(),
            )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.", returncode=2) from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{options['file']}: {error}", returncode=2) from error
        except SuiteError as error:
            lines = "\n".join(f"  {problem}" for problem in error.problems)
            raise CommandError(f"{options['file']} is no suite:\n{lines}", returncode=2) from error
        checks = len(edit.content.checks)
        self.stdout.write(f"{edit.suite.name}: edit {edit.number}, {checks} checks")

    def _export(self, worker: Worker, options: dict[str, Any]) -> None:
        self.stdout.write(export(_edit(worker, options["suite"])), ending="")

    def _list(self, worker: Worker, options: dict[str, Any]) -> None:
        for suite in worker.suites.all():
            edit = suite.edits.first()
            if edit is not None:
                checks = len(edit.document["checks"])
                self.stdout.write(f"{suite.name}  edit {edit.number}  {checks} checks")

    def _run(self, worker: Worker, options: dict[str, Any]) -> None:
        edit = _edit(worker, options["suite"])
        version = _version(worker, options["version_id"])
        run = ask(
            edit,
            version,
            author=shell_user(options["user"]),
            now=timezone.now(),
            by_command=True,
        )
        run = execute(run, runs_scripts=not options["no_scripts"])
        self._write_junit(run, options["junit"])
        self._show(run, options["json"])
        sys.exit(EXIT_CODES.get(SmokeRun.State(run.state), 3))

    def _write_junit(self, run: SmokeRun, file: Path | None) -> None:
        """A file that cannot be written changes no exit code: that belongs to the run."""
        if file is None:
            return
        try:
            file.write_text(junit(run), "utf-8")
        except OSError as error:
            self.stderr.write(f"--junit: {file} cannot be written: {error.strerror}.")

    def _show(self, run: SmokeRun, as_json: bool) -> None:
        rows = list(run.results.all())
        if as_json:
            printed = run_as_json(run) | {"checks": results_as_json(rows)}
            self.stdout.write(json.dumps(printed))
            return
        for row in rows:
            self.stdout.write(f"{row.verdict:7} {row.name} ({row.edge}, {row.ms:.0f} ms)")
            for result in row.results:
                if not result["passed"]:
                    words = f"expected {result['expected']}, was {result['actual']}"
                    self.stdout.write(f"        {result['kind']}: {words}")
            if row.problem:
                self.stdout.write(f"        {row.problem}")
        self.stdout.write(f"{run.edit.suite.name}: {run.state}. {run.problem}".strip())


def _edit(worker: Worker, name: str) -> SuiteEdit:
    edit = newest_edit(worker, name)
    if edit is None:
        raise CommandError(f"{worker.name} has no suite called {name!r}.", returncode=2)
    return edit


def _version(worker: Worker, version_id: str | None) -> Version:
    try:
        return version_under_test(worker, version_id or "")
    except NoSubject as error:
        raise CommandError(str(error), returncode=2) from error
