"""Mark as expected: who and why, for one edit and version, while it fails in the same way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.smoketests.models import AcceptedDifference, CheckResult, SmokeRun, SuiteEdit
from dashboard.smoketests.runs import run as runs
from dashboard.smoketests.runs.retention import prune
from dashboard.smoketests.suites.edits import import_suite
from routing.models import AuditEntry, Worker
from tests.dashboard.smoketests.versioned_edge import VersionedEdge, versioned_edge
from tests.factories import make_deployment, make_edge, make_version, make_worker

pytestmark = pytest.mark.django_db(transaction=True)
CHECKS = """name: smoke
checks:
  - {name: same, assert: [{status: 200}, {same_as_stable: {except: [$.at]}}]}
  - {name: fine}
"""


@pytest.fixture
def edge() -> Iterator[VersionedEdge]:
    with versioned_edge() as server:
        yield server


@pytest.fixture
def shop(edge: VersionedEdge, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Two edges; the candidate's VAT differs from stable's."""
    monkeypatch.setattr(runs, "LOG_WAIT", 0.0)
    for name in ("local-1", "local-2"):
        make_edge(name, proof_url=edge.url)
    worker = make_worker("shop")
    candidate = make_version("shop")
    make_deployment(worker, (candidate, 0), (worker.versions.get(number=1), 100))
    edge.answers = lambda asked: (200, json.dumps({"vat": asked.version == str(candidate.id)}))
    return worker


@pytest.fixture
def edit(shop: Worker) -> SuiteEdit:
    now = timezone.now()
    return import_suite(worker=shop, text=CHECKS, author=None, source="shell", now=now)


def go(edit: SuiteEdit) -> SmokeRun:
    version = edit.suite.worker.versions.get(number=2)
    run = runs.ask(edit, version, author=None, now=timezone.now())
    assert runs.claim(run)
    return runs.execute(run)


def mark(client: Client, run: SmokeRun, name: str = "same", **fields: str) -> int:
    row = run.results.filter(name=name).first()
    assert row is not None
    place = f"/workers/shop/checks/runs/{run.pk}/results/{row.pk}/accept/"
    return client.post(place, {"why": "new VAT", **fields}).status_code


def test_a_difference_that_is_expected_passes_now_and_in_the_next_run(
    maya: Client, edit: SuiteEdit, edge: VersionedEdge
) -> None:
    run = go(edit)
    assert run.state == "failed"
    assert mark(maya, run) == 302
    run.refresh_from_db()
    assert run.state == "passed"
    accepted = AcceptedDifference.objects.get()
    assert (accepted.why, accepted.author.username) == ("new VAT", "maya")  # type: ignore[union-attr]
    assert run.results.filter(accepted=accepted).count() == 2  # at both edges
    page = maya.get(f"/workers/shop/checks/runs/{run.pk}/").content.decode()
    assert "new VAT" in page
    assert "2 marked as expected" in page
    assert go(edit).state == "passed"
    assert AuditEntry.objects.filter(action="check.accept").count() == 1
    edge.answers = lambda asked: (500, json.dumps({"vat": asked.nth}))
    assert go(edit).state == "failed"  # it fails in another way


def test_it_can_be_withdrawn(maya: Client, edit: SuiteEdit) -> None:
    run = go(edit)
    mark(maya, run)
    row = run.results.filter(name="same").first()
    assert row is not None
    maya.post(f"/workers/shop/checks/runs/{run.pk}/results/{row.pk}/withdraw/")
    run.refresh_from_db()
    assert run.state == "failed"
    assert go(edit).state == "failed"


def test_the_check_can_be_changed_with_it(maya: Client, edit: SuiteEdit) -> None:
    run = go(edit)
    assert (
        "Also change the check" in maya.get(f"/workers/shop/checks/runs/{run.pk}/").content.decode()
    )
    mark(maya, run, edit="1")
    second = edit.suite.edits.first()
    assert second is not None
    [status, same] = second.document["checks"][0]["assert"]
    assert (second.number, status) == (2, {"status": 200})
    assert same == {"same_as_stable": {"except": ["$.at", "$.vat"]}}
    assert go(second).state == "passed"


def test_it_takes_a_reason_a_failure_and_an_operator(
    maya: Client, vera: Client, edit: SuiteEdit, edge: VersionedEdge
) -> None:
    run = go(edit)
    assert mark(maya, run, why=" ") == 422
    assert mark(maya, run, name="fine") == 422
    assert mark(vera, run) == 403
    edge.strays[str(run.version_id)] = "another"
    broken = go(edit)
    assert broken.state == "broken"
    assert mark(maya, broken) == 422
    assert not AcceptedDifference.objects.exists()


def test_evidence_goes_before_the_runs_do(edit: SuiteEdit) -> None:
    run = go(edit)
    assert prune(timezone.now()) == 0
    SmokeRun.objects.update(started_at=timezone.now() - timedelta(days=31))
    assert prune(timezone.now()) == 1
    assert not CheckResult.objects.exclude(body="").exists()
    assert CheckResult.objects.filter(headers__isnull=True, stable__isnull=True).count() == 4
    assert prune(timezone.now()) == 0
    run.refresh_from_db()
    assert (run.has_evidence, run.state) == (False, "failed")
    SmokeRun.objects.update(started_at=timezone.now() - timedelta(days=401))
    assert prune(timezone.now()) == 1
    assert not SmokeRun.objects.exists()
