"""Saved checks of the release before become suites, without loss."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps as registry
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from dashboard.playground.models import Saved
from dashboard.smoketests.assertions import Received, results_of
from dashboard.smoketests.models import Suite, SuiteEdit
from tests.factories import make_worker

BEFORE = [("playground", "0004_hand_variables_over")]
LINES = [("content-type", "application/json")]


def migrate(targets: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


def save(apps: Any, name: str, check: dict[str, Any], **more: Any) -> None:
    given = {"worker": "shop", "method": "GET", "path": "/", "request": {"path": "/"}}
    saved = apps.get_model("playground", "Saved")
    saved.objects.create(name=name, check_json=check, **(given | more))


@pytest.mark.django_db(transaction=True)
def test_saved_checks_become_suites_and_nothing_else_changes() -> None:
    make_worker("shop")
    old = migrate(BEFORE)
    try:
        fill(old)
    finally:
        newest = [(k, n) for k, n in MigrationExecutor(connection).loader.graph.leaf_nodes()]
        migrate(newest)
    assert registry.get_model("playground", "Saved") is Saved
    edit = SuiteEdit.objects.get(suite__name="Smoke", number=2)
    first, second = edit.content.checks
    assert (first.name, second.name) == ("quote", "quote (2)")
    assert first.request.method == "POST"
    assert first.request.headers == {
        "x-a": "1",
        "content-type": "application/json",
        "authorization": "Bearer {{token}}",
    }
    assert first.request.body == '{"a": 1}'
    assert dict(first.request.overrides) == {"auth": "v1"}
    body = b'{"lines": [{"qty": 2}], "ok": true, "id": "42", "text": "hell"}'
    received = Received(201, LINES, body, 1.0, "v")
    assert [result.passed for result in results_of(first, received)] == [True, True, True]
    assert [result.passed for result in results_of(second, received)] == [True]
    linked = Saved.objects.get(suite__isnull=False, check_name="quote (2)")
    assert linked.suite.name == "Smoke"
    assert Saved.objects.filter(suite=None).count() == 2
    assert Suite.objects.count() == 1
    Saved.objects.create(name="new code", worker="shop", method="GET", path="/")


def fill(apps: Any) -> None:
    request = {
        "path": "/q",
        "kind": "json",
        "body": '{"a": 1}',
        "headers": "x-a: 1\nno header line",
        "auth": "bearer",
        "token": "{{token}}",
        "version.auth": "v1",
    }
    check = {"status": 201, "ran": "picked", "contains": "hell", "path": "lines.0.qty"}
    more = {"collection": "Smoke", "method": "POST", "request": request}
    save(apps, "quote", check | {"equals": "2"}, **more)
    save(apps, "quote", {"path": "ok", "equals": "true"}, collection="Smoke")
    save(apps, "no check", {}, collection="Smoke")
    save(apps, "of a Worker that is gone", {"status": 200}, worker="gone")
