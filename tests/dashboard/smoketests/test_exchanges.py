"""What a run sends and stores: stable beside failures, secrets, limits, 1,000 checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.runs import run as runs
from dashboard.smoketests.runs.collector import Collector
from dashboard.smoketests.suites.edits import import_suite
from dashboard.variables.store import change
from routing.models import Worker
from tests.dashboard.smoketests.versioned_edge import VersionedEdge, versioned_edge
from tests.factories import make_deployment, make_edge, make_version, make_worker

BY = Actor(None, "shell", timezone.now())
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edge() -> Iterator[VersionedEdge]:
    with versioned_edge() as server:
        yield server


@pytest.fixture
def shop(edge: VersionedEdge, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """#1 live, #2 at 0%. No log lines come."""
    monkeypatch.setattr(runs, "LOG_WAIT", 0.0)
    make_edge(proof_url=edge.url)
    worker = make_worker("shop")
    make_deployment(worker, (make_version("shop"), 0), (worker.versions.get(number=1), 100))
    return worker


def asked(worker: Worker, text: str) -> SmokeRun:
    now = timezone.now()
    edit = import_suite(worker=worker, text=text, author=None, source="shell", now=now)
    return runs.ask(edit, worker.versions.get(number=2), author=None, now=now)


def go(worker: Worker, checks: str) -> SmokeRun:
    run = asked(worker, f"name: s\nchecks:\n{checks}")
    assert runs.claim(run)
    return runs.execute(run)


def by_version(worker: Worker, stable: str, candidate: str) -> Any:
    first = str(worker.versions.get(number=1).id)
    return lambda asked: (200, stable if asked.version == first else candidate)


def test_a_comparison_asks_stable_the_candidate_and_stable_again(
    shop: Worker, edge: VersionedEdge
) -> None:
    edge.answers = by_version(shop, '{"vat": 2.07}', '{"vat": 2.08}')
    run = go(shop, "  - {name: a, request: {method: POST}, assert: [{same_as_stable: {}}]}")
    one, two = (str(shop.versions.get(number=n).id) for n in (1, 2))
    assert edge.versions() == [one, two, one]
    row = run.results.get()
    found = row.results[1]
    assert (run.state, found["differences"][0]["place"]) == ("failed", "$.vat")
    assert (found["stable"], found["actual"]) == ("$.vat: 2.07", "$.vat: 2.08")
    assert row.stable["body"] == '{"vat": 2.07}'
    allowed = "[{same_as_stable: {except: [$.vat]}}]"
    assert go(shop, f"  - {{name: a, assert: {allowed}}}").state == "passed"


def test_a_failure_shows_what_stable_has_where_asking_changes_nothing(
    shop: Worker, edge: VersionedEdge
) -> None:
    edge.answers = by_version(shop, '{"a": 1}', '{"a": 2}')
    run = go(
        shop,
        "  - {name: get, assert: [{json: $.a, equals: 1}]}\n"
        "  - {name: post, request: {method: POST}, assert: [{json: $.a, equals: 1}]}",
    )
    get, post = run.results.all()
    assert (get.results[1]["actual"], get.results[1]["stable"]) == ("2", "1")
    assert (post.results[1]["stable"], post.stable) == ("", None)
    assert [a.method for a in edge.asked].count("POST") == 1


def test_nothing_is_compared_where_no_other_version_is_live(
    shop: Worker, edge: VersionedEdge
) -> None:
    make_deployment(shop, (shop.versions.get(number=2), 100))
    run = go(shop, "  - {name: a, assert: [{status: 200}, {same_as_stable: {}}]}")
    assert run.state == "passed"
    assert run.results.get().results[2]["actual"].startswith("not compared")
    assert len(edge.asked) == 1


def test_a_comparison_with_another_version_is_broken(shop: Worker, edge: VersionedEdge) -> None:
    edge.strays[str(shop.versions.get(number=1).id)] = "another"
    run = go(shop, "  - {name: a, assert: [{same_as_stable: {}}]}")
    assert run.state == "broken"
    assert "answered in place of stable" in run.results.get().problem


def test_stored_secrets_are_sent_and_appear_in_no_evidence(
    shop: Worker, edge: VersionedEdge
) -> None:
    assert change("shop", "key", "hunter22", BY, secret=True) == ""
    assert change("shop", "sku", "TEA 1", BY, secret=False) == ""
    edge.answers = lambda asked: (
        500,
        json.dumps({"echo": asked.headers.get("authorization"), "password": "geheim1"}),
    )
    run = go(
        shop,
        '  - {name: a, request: {path: "/q/{{sku}}", headers: {authorization: "Bearer {{key}}"},'
        ' body: "{{key}}", method: POST}, assert: [{json: $.echo, equals: x}, {text: zz},'
        " {header: set-cookie, equals: none}, {json: $.password, equals: x}]}",
    )
    [sent] = edge.asked
    assert (sent.path, sent.body) == ("/q/TEA%201", "hunter22")
    assert sent.headers["authorization"] == "Bearer hunter22"
    row = run.results.get()
    stored = str([row.results, row.body, row.headers])
    assert "Bearer ••••" in stored
    for secret in ("hunter22", "geheim1", "abcdefgh"):
        assert secret not in stored


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ("{path: '/{{nope}}'}", "{{nope}}"),
        ("{headers: {x-key: '••••'}}", "stands for a secret"),
        ("{headers: {x-key: '{{lines}}'}}", "request.headers.x-key"),
    ],
)
def test_what_cannot_be_filled_in_is_broken_and_is_not_sent(
    shop: Worker, edge: VersionedEdge, request_: str, problem: str
) -> None:
    change("shop", "lines", "a\r\nb: c", BY, secret=False)
    run = go(shop, f"  - {{name: a, request: {request_}}}\n  - {{name: b}}")
    assert run.state == "broken"
    assert problem in run.results.get(name="a").problem
    assert [asked.path for asked in edge.asked] == ["/"]


def test_a_run_that_takes_too_long_says_how_far_it_came(
    shop: Worker, edge: VersionedEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "DEADLINE", 0.0)
    run = go(shop, "  - {name: a}")
    assert (run.state, run.problem) == ("broken", "Ended after 0 min with 0 of 1 results.")


def test_a_thousand_checks_take_no_more_room_than_a_few(
    shop: Worker, edge: VersionedEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[int] = []
    save = Collector.save

    def counted(self: Collector) -> None:
        waiting.append(len(self.waiting))
        save(self)

    monkeypatch.setattr(Collector, "save", counted)
    checks = "\n".join(f"  - {{name: check {n}}}" for n in range(1000))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        run = go(shop, checks)
    assert (run.state, run.done, run.total) == ("passed", 1000, 1000)
    assert run.results.count() == 1000
    assert max(waiting) <= runs.WINDOW
    assert edge.most <= runs.AT_ONCE
    inserts = [q for q in queries if q["sql"].startswith('INSERT INTO "smoketests_checkresult"')]
    assert len(inserts) < 100


def test_a_long_run_is_stopped_in_the_middle_and_its_results_stay(
    shop: Worker, edge: VersionedEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "WINDOW", 20)
    report = runs._report

    def stops(run: SmokeRun, done: int) -> bool:
        if done >= 40:
            runs.stop(run)
        return report(run, done)

    monkeypatch.setattr(runs, "_report", stops)
    run = go(shop, "\n".join(f"  - {{name: check {n}}}" for n in range(200)))
    assert run.state == "stopped"
    assert 40 <= run.results.count() < 200
    assert len(edge.asked) < 200
