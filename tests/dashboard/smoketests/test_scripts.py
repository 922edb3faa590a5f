"""Script checks: run by command, with what they need in their environment; by nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.overrides.protection import protect
from dashboard.rollouts.conductor import loop
from dashboard.smoketests.models import CheckResult, SmokeRun, SuiteEdit
from dashboard.smoketests.runs import run as runs
from dashboard.smoketests.runs.scripts import run_script
from dashboard.smoketests.suites.edits import import_suite
from dashboard.variables.store import change
from routing.control.override_policies import protection
from routing.models import Worker
from routing.rules.permissions.permission import Permission
from routing.rules.permissions.token import read_token
from tests.dashboard.smoketests.versioned_edge import VersionedEdge, versioned_edge
from tests.factories import make_deployment, make_edge, make_version, make_worker

pytestmark = pytest.mark.django_db(transaction=True)
RUN = ("smoke", "run", "--worker", "shop", "--suite", "smoke")


@pytest.fixture
def edge() -> Iterator[VersionedEdge]:
    with versioned_edge() as server:
        yield server


@pytest.fixture
def shop(edge: VersionedEdge, monkeypatch: pytest.MonkeyPatch) -> Worker:
    monkeypatch.setattr(runs, "LOG_WAIT", 0.0)
    make_edge(proof_url=edge.url)
    worker = make_worker("shop")
    make_deployment(worker, (make_version("shop"), 0), (worker.versions.get(number=1), 100))
    return worker


def suite(worker: Worker, script: str, **more: Any) -> SuiteEdit:
    check = json.dumps({"name": "tests", "script": script} | more)
    text = f"name: smoke\nchecks:\n  - name: home\n  - {check}\n"
    now = timezone.now()
    return import_suite(worker=worker, text=text, author=None, source="shell", now=now)


def command(*more: str) -> tuple[dict[str, Any], int]:
    out = StringIO()
    try:
        call_command(
            "smoke", "run", "--worker", "shop", "--suite", "smoke", "--json", *more, stdout=out
        )
    except SystemExit as end:
        return json.loads(out.getvalue().splitlines()[-1]), int(str(end.code))
    raise AssertionError("the command ends with an exit code")


def from_a_page(edit: SuiteEdit, rollout_id: UUID | None = None) -> SmokeRun:
    version = edit.suite.worker.versions.get(number=2)
    run = runs.ask(edit, version, author=None, now=timezone.now(), rollout_id=rollout_id)
    assert loop.run_waiting_checks(timezone.now()) == 1
    run.refresh_from_db()
    return run


def test_a_script_gets_the_address_and_the_override_and_no_setting_of_ours(
    shop: Worker, edge: VersionedEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLUICE_ADMIN_PASSWORD", "DATABASE_URL", "REDIS_URL", "PGPASSWORD"):
        monkeypatch.setenv(name, "hunter22")
    monkeypatch.setenv("CI_TOKEN", "passed on")
    suite(shop, "env | sort; exit 0")
    printed, code = command()
    candidate = str(shop.versions.get(number=2).id)
    assert (code, printed["state"]) == (0, "passed")
    row = CheckResult.objects.get(name="tests")
    lines = dict(line.split("=", 1) for line in row.body.splitlines() if "=" in line)
    assert lines["SLUICE_URL"].startswith("http://shop.localhost")
    name, value = lines["SLUICE_OVERRIDE_HEADER"].split(": ")
    assert (name, value) == (lines["SLUICE_OVERRIDE_NAME"], lines["SLUICE_OVERRIDE_VALUE"])
    assert value == f'shop="{candidate}"'
    assert (lines["SLUICE_VERSION_ID"], lines["SLUICE_WORKER"]) == (candidate, "shop")
    assert lines["CI_TOKEN"] == "passed on"
    assert "hunter22" not in row.body


def test_a_script_gets_the_custom_domain_of_a_worker_without_its_own_host(
    shop: Worker, edge: VersionedEdge
) -> None:
    Worker.objects.filter(pk=shop.pk).update(subdomain_enabled=False)
    shop.domains.create(hostname="app.example.com", zone="example.com", created_at=timezone.now())
    suite(shop, 'echo "$SLUICE_URL"')
    assert command()[1] == 0
    row = CheckResult.objects.get(name="tests")
    assert row.body.startswith("http://app.example.com")


def test_a_script_gets_the_permission_that_a_protected_worker_asks_for(
    shop: Worker, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    suite(shop, f'echo "$SLUICE_PERMISSION_HEADER" | tee {seen}')
    assert command()[1] == 0
    assert seen.read_text() == "\n"
    protect(shop, on=True, by=Actor(None, "shell", timezone.now()))
    assert command()[1] == 0
    name, token = seen.read_text().strip().split(": ")
    permission = read_token(token, "shop", protection(shop).keys)
    assert isinstance(permission, Permission) and name == "Sluice-Override-Permission"
    assert permission.version_id == str(shop.versions.get(number=2).id)
    row = CheckResult.objects.filter(name="tests").latest("pk")
    assert row.body == "Sluice-Override-Permission: ••••\n"


def test_its_exit_code_is_the_result_and_its_output_the_evidence(
    shop: Worker, tmp_path: Path
) -> None:
    change("shop", "key", "hunter22", Actor(None, "shell", timezone.now()), secret=True)
    suite(shop, "yes x | head -c 20000; echo key is hunter22 >&2; exit 3")
    report = tmp_path / "out.xml"
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(
            "smoke",
            "run",
            "--worker",
            "shop",
            "--suite",
            "smoke",
            "--junit",
            str(report),
            stdout=out,
        )
    assert end.value.code == 1
    row = CheckResult.objects.get(name="tests")
    assert (row.verdict, row.results[0]["actual"]) == ("failed", "3")
    assert row.body.endswith("key is ••••\n")
    assert len(row.body) <= 8192
    assert "exit code: expected 0, was 3" in report.read_text()


def test_a_script_that_hangs_is_ended(shop: Worker) -> None:
    suite(shop, "sleep 600", timeout=0.05)
    printed, code = command()
    assert (code, printed["state"]) == (1, "failed")
    assert "stopped after" in CheckResult.objects.get(name="tests").results[0]["actual"]


def test_a_run_that_is_stopped_ends_its_script(shop: Worker, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    edit = suite(shop, f"echo $$ > {file}.new && mv {file}.new {file} && sleep 600")
    version = shop.versions.get(number=2)
    run = runs.ask(edit, version, author=None, now=timezone.now(), by_command=True)
    check = edit.content.checks[1]
    row = run_script(run, 1, check, goes_on=lambda: not file.exists(), beat=0.01)
    assert row.verdict == "failed"
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


def test_no_page_and_no_conductor_runs_a_command(shop: Worker, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    edit = suite(shop, f"echo >> {ran}")
    run = from_a_page(edit)
    row = run.results.get(name="tests")
    assert (run.state, row.verdict) == ("broken", "command")
    assert run.problem == "1 required script runs by command only: manage.py smoke run."
    assert not ran.exists()
    assert command("--no-scripts")[0]["state"] == "broken"
    assert not ran.exists()


def test_an_optional_script_that_was_not_run_decides_nothing(shop: Worker) -> None:
    run = from_a_page(suite(shop, "exit 1", required=False))
    assert (run.state, run.results.get(name="tests").verdict) == ("passed", "command")


@pytest.mark.parametrize(
    ("change_", "verdict"),
    [
        ("nothing", "passed"),
        ("a rollout's deployment", "passed"),
        ("another deployment", "command"),
        ("another edit", "command"),
        ("an hour", "command"),
    ],
)
def test_a_run_by_command_counts_while_nothing_moves(
    shop: Worker, change_: str, verdict: str
) -> None:
    edit = suite(shop, "exit 0")
    assert command()[1] == 0
    candidate, stable = shop.versions.get(number=2), shop.versions.get(number=1)
    if "deployment" in change_:
        source = "rollout" if "rollout" in change_ else "api"
        make_deployment(shop, (candidate, 20), (stable, 80), source=source)
    if change_ == "another edit":
        edit = suite(shop, "exit 0 # other")
    if change_ == "an hour":
        CheckResult.objects.update(sent_at=timezone.now() - timedelta(minutes=61))
    assert from_a_page(edit).results.get(name="tests").verdict == verdict


def test_what_counted_at_a_rollouts_gate_counts_in_its_later_runs(shop: Worker) -> None:
    edit, rollout_id = suite(shop, "exit 0"), uuid4()
    assert command()[1] == 0
    gate = from_a_page(edit, rollout_id)
    two_hours = timedelta(hours=2)
    CheckResult.objects.update(sent_at=timezone.now() - two_hours)
    assert from_a_page(edit).results.get(name="tests").verdict == "command"
    SmokeRun.objects.filter(pk=gate.pk).update(started_at=timezone.now() - two_hours)
    assert from_a_page(edit, rollout_id).results.get(name="tests").verdict == "passed"
