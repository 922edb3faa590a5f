"""Smoke checks of a candidate at 0%: sent to the confirmed address, each with its proof.

Only a check whose version is proved or logged counts. Any other one is broken: it says nothing
about the candidate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dashboard.rollouts.decisions.values import Checks
from dashboard.rollouts.remote.evidence import Checked, Unsendable, send_checks
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.story import claim
from dashboard.sending.redaction import mask
from dashboard.smoketests.assertions import (
    WORST_FIRST,
    Received,
    Result,
    Verdict,
    conclude,
    results_of,
)
from dashboard.smoketests.suites.document import Check, NoSkew, SameAsStable, Suite
from dashboard.smoketests.suites.yaml_format import suite_data, suite_from_data

MOST = 20
"""Checks of a rollout: each is a request to production."""
WAITING, RUNNING = "waiting", "running"
LEASE = timedelta(minutes=3)
"""After this checks under way are taken for lost with their process, and sent again."""
STATES: Mapping[str, Checks] = {
    WAITING: Checks.RUNNING,
    RUNNING: Checks.RUNNING,
    Verdict.PASSED: Checks.PASSED,
    Verdict.FAILED: Checks.FAILED,
    Verdict.BROKEN: Checks.BROKEN,
}


def problem_of(suite: Suite) -> str:
    """Why a suite cannot run here, as a code; empty if it can."""
    if len(suite.checks) > MOST:
        return "too_many"
    if any(check.script for check in suite.checks):
        return "script"
    other = (SameAsStable, NoSkew)
    if any(isinstance(a, other) for check in suite.checks for a in check.assertions):
        return "compares"
    return ""


def stored(suite: Suite) -> list[dict[str, Any]]:
    checks: list[dict[str, Any]] = suite_data(suite)["checks"]
    return checks


def checks_of(rollout: RemoteRollout) -> tuple[Check, ...]:
    return suite_from_data({"name": "checks", "checks": rollout.checks}, stored=True).checks


def state_of(rollout: RemoteRollout) -> Checks:
    return STATES.get(rollout.check_run.get("state", ""), Checks.NOT_ASKED)


def is_waiting(rollout: RemoteRollout, now: datetime) -> bool:
    run = rollout.check_run
    if run.get("state") == RUNNING:
        return now - datetime.fromisoformat(run["at"]) > LEASE
    return bool(run.get("state") == WAITING)


def carry_out(rollout: RemoteRollout, now: datetime) -> None:
    """Sends every check, in one process, and stores what they came to. Raises `Moved` if the
    rollout has moved meanwhile."""
    if not _taken(rollout, now):
        return
    checks = checks_of(rollout)
    try:
        answered: Sequence[Checked] = send_checks(rollout, checks, now)
        results = [_result(*pair, rollout) for pair in zip(checks, answered, strict=True)]
        run = {"state": _worst(results), "results": results}
    except Unsendable as error:
        run = {"state": Verdict.BROKEN.value, "results": [], "problem": str(error)}
    with transaction.atomic():
        claim(rollout)
        rollout.check_run = run | {"at": now.isoformat()}
        rollout.save()


def _taken(rollout: RemoteRollout, now: datetime) -> bool:
    before, run = rollout.check_run, {"state": RUNNING, "at": now.isoformat()}
    rows = RemoteRollout.objects.filter(
        pk=rollout.pk, turn=rollout.turn, check_run__state=before["state"]
    )
    if before["state"] == RUNNING:
        rows = rows.filter(check_run__at=before["at"])
    return bool(rows.update(check_run=run))


def _result(check: Check, answered: Checked, rollout: RemoteRollout) -> dict[str, Any]:
    """One check as it is stored. `rank` says how its version is known."""
    verdict, whole = Verdict.BROKEN, list[Result]()
    if not answered.problem:
        received = Received(
            answered.status,
            answered.headers,
            answered.body,
            answered.ms,
            answered.confirmed_version,
        )
        verdict, whole = conclude(
            results_of(check, received), received.version_id, rollout.candidate.id
        )
    return {
        "name": check.name,
        "required": check.required,
        "verdict": verdict.value,
        "rank": answered.rank,
        "status": answered.status,
        "ray": answered.ray,
        "problem": answered.problem,
        "failed": [_failed(r, answered.secrets) for r in whole if not r.passed],
    }


def _failed(result: Result, secrets: Sequence[str]) -> dict[str, str]:
    """Masked before it is cut, so that no part of a secret is left."""
    texts = {"expected": result.expected, "actual": result.actual}
    return {name: mask(text, secrets)[:200] for name, text in texts.items()}


def _worst(results: Sequence[Mapping[str, Any]]) -> str:
    """Of the required checks."""
    verdicts = [Verdict(result["verdict"]) for result in results if result["required"]]
    return min(verdicts, key=WORST_FIRST.index, default=Verdict.PASSED).value
