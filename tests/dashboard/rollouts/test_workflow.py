"""The workflow in deploy/: it can be read, and each command in it exists with these options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import load_command_class

from dashboard.rollouts.decisions.plan import PRESETS

FILE = Path(__file__).resolve().parents[3] / "deploy/github-actions/release.yml"
WORKFLOW: dict[Any, Any] = yaml.safe_load(FILE.read_text())
APPS = {"rollout": "dashboard.rollouts", "smoke": "dashboard.smoketests"}


def steps() -> list[dict[str, Any]]:
    return [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def commands() -> list[list[str]]:
    """The words of each line that is run; what GitHub fills in is one word."""
    lines = [line for step in steps() for line in step.get("run", "").splitlines() if line.strip()]
    return [shlex.split(re.sub(r"\$\{\{.*?\}\}", "VALUE", line)) for line in lines]


MANAGED = [words[2:] for words in commands() if words[1:2] == ["manage.py"]]


@pytest.mark.parametrize("words", MANAGED, ids=lambda words: " ".join(words[:2]))
def test_each_command_takes_its_options(words: list[str]) -> None:
    command = load_command_class(APPS[words[0]], words[0])
    parsed = command.create_parser("manage.py", words[0]).parse_args(words[1:])
    assert parsed.worker == "$WORKER"
    steps_of_plan = getattr(parsed, "steps", None)
    assert steps_of_plan is None or steps_of_plan in PRESETS


def test_it_uploads_starts_waits_and_publishes() -> None:
    started = next(words for words in MANAGED if "--wait" in words)
    assert {"start", "--auto", "--suite", "--junit"} <= set(started)
    uploads = [
        words for words in commands() if words[:4] == ["npx", "wrangler", "versions", "upload"]
    ]
    assert len(uploads) == 1
    paths = [step["with"].get("path") for step in steps() if "with" in step]
    assert Path(started[started.index("--junit") + 1]).name in paths
    job = WORKFLOW["jobs"]["release"]
    waits = int(started[started.index("--timeout") + 1])
    assert job["timeout-minutes"] * 60 > waits
    assert True in WORKFLOW  # YAML 1.1 reads `on` so
    assert WORKFLOW[True]["push"]
