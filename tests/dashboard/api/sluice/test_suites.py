"""Suites and runs in Sluice's own API."""

from __future__ import annotations

import pytest

from dashboard.smoketests.models import CheckResult, SmokeRun
from tests.dashboard.api.sluice.conftest import SUITE, OwnApi
from tests.dashboard.rollouts.conftest import Scene

pytestmark = pytest.mark.django_db


def test_a_suite_in_yaml_is_exported_as_it_came(ci: OwnApi) -> None:
    status, suite = ci.put_yaml()
    assert (status, suite["edit"], suite["checks"], suite["author"]) == (200, 1, 1, "ci")
    assert ci("GET", "/suites/smoke?format=yaml") == (200, SUITE)
    assert ci.put_yaml()[1]["edit"] == 1


def test_a_suite_in_json_is_the_next_edit(ci: OwnApi) -> None:
    ci.put_yaml()
    document = ci("GET", "/suites/smoke")[1]["document"]
    document["checks"].append({"name": "api", "request": {"path": "/api"}})
    assert ci("PUT", "/suites/smoke", document)[1]["edit"] == 2
    listed = ci("GET", "/suites")[1]
    assert [(s["name"], s["edit"], s["checks"]) for s in listed] == [("smoke", 2, 2)]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("name: smoke\nchecks: [{name: a, assert: [{status: 99}]}]", "checks[0].assert[0].status"),
        ("name: other\nchecks: [{name: a}]", "name"),
        ("name: smoke", "checks"),
        ("&a [*a]", None),
        (" ", None),
        ('name: smoke\nchecks: [{name: "\\0"}]', None),
    ],
)
def test_a_suite_that_is_refused_names_the_field(ci: OwnApi, text: str, field: str | None) -> None:
    status, body = ci.put_yaml(text)
    assert (status, body["error"], body.get("field")) == (422, "invalid_suite", field)
    assert ci("GET", "/suites")[1] == []


def test_a_run_waits_shows_its_results_and_can_be_stopped(ci: OwnApi, scene: Scene) -> None:
    ci.put_yaml()
    status, run = ci("POST", "/runs", {"suite": "smoke", "version_id": str(scene.candidate.id)})
    assert (status, run["state"], run["suite"]) == (202, "waiting", "smoke")
    CheckResult.objects.create(
        run_id=run["id"], position=0, name="home", edge="local-1", verdict="failed"
    )
    assert ci("GET", f"/runs/{run['id']}")[1]["checks"][0]["verdict"] == "failed"
    assert ci("POST", f"/runs/{run['id']}/stop")[1]["state"] == "stopped"
    assert [r["id"] for r in ci("GET", "/runs")[1]] == [run["id"]]
    assert SmokeRun.objects.get().author.username == "ci"  # type: ignore[union-attr]


def test_a_run_without_a_subject_is_refused(ci: OwnApi) -> None:
    ci.put_yaml()
    assert ci("POST", "/runs", {"suite": "smoke"})[1]["error"] == "no_candidate"
    status, body = ci("POST", "/runs", {"suite": "ghost"})
    assert (status, body["error"], body["field"]) == (422, "unknown_suite", "suite")
    status, body = ci("POST", "/runs", {"suite": "smoke", "version_id": "x"})
    assert (status, body["field"]) == (422, "version_id")
