"""Runs over a proof listener: an answer of another version proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard.rollouts.conductor import loop
from dashboard.rollouts.conductor.verification import verify
from dashboard.sending.wire_request import OVERRIDES
from dashboard.smoketests.models import SmokeRun, SuiteEdit
from dashboard.smoketests.runs import run as runs
from dashboard.smoketests.suites.edits import export, import_suite
from dashboard.smoketests.suites.yaml_format import SuiteError
from dashboard.ui.http.storable_text import unstorable
from routing.models import AuditEntry, Edge, Version, Worker
from tests.dashboard.playground.fake_edge import RAY, FakeEdge, fake_edge
from tests.factories import make_deployment, make_edge, make_invocation, make_version, make_worker

pytestmark = pytest.mark.django_db(transaction=True)

SUITE = """# kept as it came
name: smoke
checks:
  - name: home
    assert: [{status: 200}, {text: hello}]
  - name: api
    request: {method: POST, path: /api, body: hi, key: k, headers: {x-a: "1"}}
    assert: [{status: 200}]
"""


@pytest.fixture
def listener() -> Iterator[FakeEdge]:
    with fake_edge() as server:
        yield server


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "LOG_WAIT", 0.0)


@pytest.fixture
def shop(listener: FakeEdge) -> Worker:
    """#1 live, #2 at 0%; the listener says that #2 answers."""
    make_edge(proof_url=listener.url)
    worker = make_worker("shop")
    candidate = make_version("shop")
    make_deployment(worker, (candidate, 0), (worker.versions.get(number=1), 100))
    listener.headers.append(("x-sluice-version", str(candidate.id)))
    return worker


@pytest.fixture
def edit(shop: Worker) -> SuiteEdit:
    return load(shop)


def load(worker: Worker, text: str = SUITE) -> SuiteEdit:
    return import_suite(worker=worker, text=text, author=None, source="shell", now=timezone.now())


def candidate(worker: Worker) -> Version:
    return worker.versions.get(number=2)


def go(edit: SuiteEdit, version: Version) -> SmokeRun:
    run = runs.ask(edit, version, author=None, now=timezone.now())
    assert runs.claim(run)
    return runs.execute(run)


def test_every_check_reaches_the_version_under_test(
    shop: Worker, edit: SuiteEdit, listener: FakeEdge
) -> None:
    run = go(edit, candidate(shop))
    assert (run.state, run.done, run.total, run.edges) == ("passed", 2, 2, ["local-1"])
    overrides = [dict(headers)[OVERRIDES] for _, _, headers, _ in listener.requests]
    assert set(overrides) == {f'shop="{candidate(shop).id}"'}
    method, target, headers, body = next(r for r in listener.requests if r[1] == "/api")
    assert (method, body, dict(headers)["x-a"]) == ("POST", b"hi", "1")


def test_the_log_is_the_proof(shop: Worker, edit: SuiteEdit) -> None:
    active = shop.deployments.get()
    make_invocation(
        shop_edge(), active, ray=RAY, version_id=str(candidate(shop).id), reason="override"
    )
    run = go(edit, candidate(shop))
    assert {(row.proved, row.verdict) for row in run.results.all()} == {(True, "passed")}


def shop_edge() -> Edge:
    return Edge.objects.get()


def test_an_answer_of_another_version_is_broken(
    shop: Worker, edit: SuiteEdit, listener: FakeEdge
) -> None:
    listener.headers[-1] = ("x-sluice-version", str(shop.versions.get(number=1).id))
    run = go(edit, candidate(shop))
    assert run.state == "broken"
    assert {row.verdict for row in run.results.all()} == {"broken"}


def test_an_answer_that_is_wrong_fails_and_is_kept(
    shop: Worker, edit: SuiteEdit, listener: FakeEdge
) -> None:
    listener.status, listener.body = 500, b"oh"
    run = go(edit, candidate(shop))
    home = run.results.get(name="home")
    assert (run.state, home.verdict, home.status, home.body) == ("failed", "failed", 500, "oh")
    wrong = {result["kind"]: result["actual"] for result in home.results if not result["passed"]}
    assert wrong == {"status": "500", "text": "oh"}


def test_an_optional_check_is_shown_and_decides_nothing(shop: Worker) -> None:
    text = "name: s\nchecks: [{name: a, required: false, assert: [{status: 404}]}, {name: b}]"
    run = go(load(shop, text), candidate(shop))
    assert run.state == "passed"
    assert run.results.get(name="a").verdict == "failed"


def test_a_suite_of_optional_checks_only_is_decided_by_them(
    shop: Worker, listener: FakeEdge
) -> None:
    listener.headers[-1] = ("x-sluice-version", "another")
    text = "name: s\nchecks: [{name: a, required: false}]"
    assert go(load(shop, text), candidate(shop)).state == "broken"


def test_an_answer_of_another_edge_proves_no_way_back(shop: Worker, listener: FakeEdge) -> None:
    assert verify(shop, str(candidate(shop).id)) == ()
    listener.headers.append(("x-sluice-edge", "local-2"))
    assert verify(shop, str(candidate(shop).id)) == ("local-1",)


@pytest.mark.parametrize("case", ["no edge", "not deployed", "no candidate behind"])
def test_what_cannot_be_run_says_why(shop: Worker, edit: SuiteEdit, case: str) -> None:
    version = candidate(shop)
    if case == "no edge":
        shop_edge().delete()
    if case == "not deployed":
        version = make_version("shop")
    if case == "no candidate behind":
        make_deployment(make_worker("pricing"))
        text = "name: s\nchecks: [{name: a, request: {overrides: {pricing: candidate}}}]"
        edit = load(shop, text)
    run = go(edit, version)
    assert run.state == "broken"
    assert run.problem
    assert not run.results.exists()


def test_a_run_is_taken_once_and_can_be_stopped(shop: Worker, edit: SuiteEdit) -> None:
    run = runs.ask(edit, candidate(shop), author=None, now=timezone.now())
    assert [runs.claim(run), runs.claim(run)] == [True, False]
    runs.stop(run)
    assert runs.execute(run).state == "stopped"


def test_a_run_whose_process_died_is_abandoned(shop: Worker, edit: SuiteEdit) -> None:
    run = runs.ask(edit, candidate(shop), author=None, now=timezone.now())
    runs.claim(run)
    assert runs.expire_stale_runs(timezone.now()) == 0
    assert runs.expire_stale_runs(timezone.now() + timedelta(seconds=20)) == 1
    run.refresh_from_db()
    assert run.state == "abandoned"


def test_a_save_is_an_edit_and_the_same_again_is_none(shop: Worker, edit: SuiteEdit) -> None:
    assert load(shop).pk == edit.pk
    second = load(shop, SUITE.replace("hello", "hallo"))
    assert second.number == 2
    assert export(edit) == SUITE
    assert AuditEntry.objects.filter(action="suite.save").count() == 2


def test_a_broken_file_changes_nothing(shop: Worker) -> None:
    with pytest.raises(SuiteError):
        load(shop, "name: smoke\nchecks: 3")
    assert not shop.suites.exists()


def command(*words: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("smoke", *words, "--worker", "shop", stdout=out)
        code = 0
    except SystemExit as end:
        code = int(str(end.code))
    return out.getvalue(), code


def test_the_command_imports_lists_exports_and_runs(shop: Worker, tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(SUITE)
    assert command("import", str(file)) == ("smoke: edit 1, 2 checks\n", 0)
    assert command("list") == ("smoke  edit 1  2 checks\n", 0)
    assert command("export", "--suite", "smoke") == (SUITE, 0)
    printed, code = command("run", "--suite", "smoke", "--json")
    assert code == 0
    run = json.loads(printed.splitlines()[-1])
    assert (run["state"], [c["verdict"] for c in run["checks"]]) == ("passed", ["passed"] * 2)
    assert run["url"].endswith(f"/workers/shop/checks/runs/{run['id']}/")
    assert run["reason"] == "Passed"


def test_exit_codes_and_junit_tell_failed_from_broken(
    shop: Worker, edit: SuiteEdit, listener: FakeEdge, tmp_path: Path
) -> None:
    file = tmp_path / "out.xml"
    listener.status = 500
    assert command("run", "--suite", "smoke", "--junit", str(file))[1] == 1
    failed = ElementTree.parse(file).getroot()
    assert (failed.get("tests"), failed.get("failures"), failed.get("errors")) == ("2", "2", "0")
    listener.headers[-1] = ("x-sluice-version", "another")
    assert command("run", "--suite", "smoke", "--junit", str(file))[1] == 3
    assert ElementTree.parse(file).getroot().get("errors") == "2"


def test_a_junit_file_that_cannot_be_written_does_not_turn_a_pass_into_a_failure(
    shop: Worker, edit: SuiteEdit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing" / "out.xml"
    printed, code = command("run", "--suite", "smoke", "--json", "--junit", str(file))
    assert (json.loads(printed)["state"], code) == ("passed", 0)
    assert f"{file} cannot be written: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--suite", "nope"], "has no suite called"),
        (["run", "--suite", "smoke", "--version", "x"], "has no version x"),
        (["import", "/does/not/exist"], "No such file"),
    ],
)
def test_bad_usage_exits_with_2(
    shop: Worker, edit: SuiteEdit, words: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as error:
        command(*words)
    assert error.value.returncode == 2


def test_what_no_database_stores_is_repaired_in_the_evidence(
    shop: Worker, listener: FakeEdge
) -> None:
    listener.body = b'{"a": "\\u0000", "b": "\\ud800"}'
    text = """name: odd
checks:
  - name: nul
    request: {headers: {x-name: "Łódź"}, key: "Łódź"}
    assert: [{json: $.a, equals: 1}, {json: $.b, equals: 1}, {text: hello}]
"""
    run = runs.ask(load(shop, text), candidate(shop), author=None, now=timezone.now())
    assert runs.claim(run)
    assert runs.execute(run).state == SmokeRun.State.FAILED
    row = run.results.get()
    assert not unstorable([row.results, row.body])
    assert row.problem == ""


def test_a_fault_breaks_its_own_run_and_no_other(
    shop: Worker, edit: SuiteEdit, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        runs.ask(edit, candidate(shop), author=None, now=timezone.now()) for _ in range(2)
    )
    states = []

    def fault(run: SmokeRun) -> SmokeRun:
        second.refresh_from_db()
        states.append(second.state)
        if run == first:
            raise KeyError("a")
        return runs.execute(run)

    monkeypatch.setattr(loop, "execute", fault)
    assert loop.run_waiting_checks(timezone.now()) == 2
    first.refresh_from_db()
    assert first.state == SmokeRun.State.BROKEN
    assert first.problem
    # Not claimed before its turn, so nobody takes it for one whose process died.
    assert states == [SmokeRun.State.WAITING, SmokeRun.State.RUNNING]
    second.refresh_from_db()
    assert second.finished
    assert second.state != SmokeRun.State.ABANDONED


def test_a_run_that_is_stopped_before_it_begins_has_ended(shop: Worker, edit: SuiteEdit) -> None:
    run = runs.ask(edit, candidate(shop), author=None, now=timezone.now())
    runs.stop(run)
    assert not runs.claim(run)
    run.refresh_from_db()
    assert (run.state, run.ended_at is None) == (SmokeRun.State.STOPPED, False)


def test_an_edge_that_cannot_be_asked_proves_nothing(shop: Worker) -> None:
    """A way back is verified by a fresh request through every edge, or not at all."""
    assert verify(shop, str(candidate(shop).id)) == ()
    make_edge("second", proof_url="")
    assert verify(shop, str(candidate(shop).id)) == ("second",)
