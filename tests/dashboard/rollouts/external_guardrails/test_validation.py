"""Which outside guardrails a rollout may start with, from each entry point."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dashboard.rollouts.decisions.plan import PlanError
from dashboard.rollouts.external_guardrails.parse_terms import external_from_json
from dashboard.rollouts.external_guardrails.validation import check_external
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of

WEBHOOK = {"name": "crm", "url": "http://127.0.0.1:9/"}
QUERY = {"name": "p99", "query": "up", "limit": 1}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"recheck": "5m"}, "recheck"),
        ({"on_breach": {"eror": "hold"}}, "on_breach.eror"),
        ({"webhooks": [WEBHOOK | {"url": "http://elsewhere.example/"}]}, "webhooks[0].url"),
        ({"webhooks": [WEBHOOK | {"name": "errors"}]}, "name"),
        ({"prometheus": [QUERY]}, "prometheus[0].server"),
        ({"prometheus": [QUERY | {"server": "http://elsewhere.example"}]}, "prometheus[0].server"),
    ],
)
def test_a_guardrail_that_cannot_run_here_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(PlanError) as error:
        check_external(external_from_json(given), suite="")
    assert error.value.field == field


def test_a_named_source_may_have_its_own_breach(settings: Any) -> None:
    settings.PROMETHEUS_URL = "http://127.0.0.1:9090"
    given = {"prometheus": [QUERY], "on_breach": {"p99": "hold", "checks": "show"}, "recheck": "1m"}
    check_external(external_from_json(given), suite="smoke")


def test_a_rollout_with_one_that_cannot_run_does_not_start(scene: Scene) -> None:
    with pytest.raises(PlanError):
        scene.start(plan_of(external=external_from_json({"recheck": "1m"})))
    assert not scene.worker.rollouts.exists()


def test_the_command_reads_them_from_a_file(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "guardrails.json"
    file.write_text(json.dumps({"webhooks": [WEBHOOK], "on_breach": {"errors": "hold"}}))
    words = ["--worker", "checkout", "--version", str(scene.candidate.id), "--steps", "100"]
    call_command("rollout", "start", *words, "--guardrails", str(file))
    assert scene.rollout().terms.external.webhooks[0].name == "crm"
    assert scene.rollout().plan["on_breach"] == {"errors": "hold"}


@pytest.mark.parametrize(
    ("content", "option"),
    [("[", "--guardrails"), ('{"x": 1}', "--guardrails"), ('{"webhooks": [{}]}', "--webhooks")],
)
def test_the_command_names_what_is_wrong_in_the_file(
    scene: Scene, tmp_path: Path, content: str, option: str
) -> None:
    file = tmp_path / "guardrails.json"
    file.write_text(content)
    words = ["--worker", "checkout", "--version", str(scene.candidate.id), "--steps", "100"]
    with pytest.raises(CommandError, match=option) as error:
        call_command("rollout", "start", *words, "--guardrails", str(file))
    assert error.value.returncode == 2
