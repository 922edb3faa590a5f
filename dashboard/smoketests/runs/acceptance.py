"""A failure that a person marked as expected counts as a pass: for its edit and version, and only
while the same assertions fail in the same way. A broken check proves nothing and is never expected.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from django.db import transaction

from dashboard.accounts.models import User
from dashboard.sending.redaction import MASK
from dashboard.smoketests.assertions import Verdict
from dashboard.smoketests.models import AcceptedDifference, CheckResult, SmokeRun
from dashboard.smoketests.same_as_stable import exception_for
from dashboard.smoketests.suites.document import Check, HeaderIs, SameAsStable, StatusIs
from routing.control import audit

Accepted: TypeAlias = Mapping[tuple[int, str], int]
"""(position of the check, fingerprint) → id of the accepted difference."""
_VOLATILE = frozenset({"text", "no_text", "latency_ms", "schema"})
"""Kinds whose actual value differs from run to run."""


class CannotAccept(Exception):
    """Nothing was marked; the message says why."""


def fingerprint(results: Sequence[Mapping[str, Any]]) -> str:
    """A hash of the assertions that failed and of what was there."""
    wrong = [_essence(result) for result in results if not result["passed"]]
    return hashlib.sha256(json.dumps(wrong).encode()).hexdigest()


def accepted_for(run: SmokeRun) -> Accepted:
    """What was marked as expected for the run's edit and version."""
    rows = AcceptedDifference.objects.filter(edit=run.edit_id, version=run.version_id)
    return {(r.position, r.fingerprint): r.pk for r in rows.only("position", "fingerprint")}


def accept(result: CheckResult, *, why: str, author: User, now: datetime) -> AcceptedDifference:
    """Marks the failure as expected at every edge of its run. Raises `CannotAccept`."""
    run = result.run
    if not why.strip():
        raise CannotAccept("Why: say why this is expected.")
    if result.verdict != Verdict.FAILED:
        raise CannotAccept("Only a failed check can be expected. A broken one proves nothing.")
    if not run.finished:
        raise CannotAccept("The run goes on. Wait for its end.")
    mark = fingerprint(result.results)
    with transaction.atomic():
        accepted, _ = AcceptedDifference.objects.get_or_create(
            edit=run.edit,
            version=run.version,
            position=result.position,
            fingerprint=mark,
            defaults={
                "name": result.name,
                "results": [r for r in result.results if not r["passed"]],
                "why": why.strip()[:500],
                "author": author,
                "created_at": now,
            },
        )
        failed = run.results.filter(position=result.position, verdict=Verdict.FAILED)
        same = [row.pk for row in failed if fingerprint(row.results) == mark]
        run.results.filter(pk__in=same).update(accepted=accepted)
        _record("check.accept", run, result.name, author, now, why=accepted.why)
    return accepted


def withdraw(accepted: AcceptedDifference, run: SmokeRun, *, author: User, now: datetime) -> None:
    """The failure is none that is expected any longer, in no run."""
    with transaction.atomic():
        _record("check.withdraw", run, accepted.name, author, now, why=accepted.why)
        accepted.delete()


def expecting(check: Check, results: Sequence[Mapping[str, Any]]) -> Check | None:
    """The check changed so that what was there is what it expects; None where that is not plain.

    `results` are of the version, then of each assertion.
    """
    changed = []
    for assertion, result in zip(check.assertions, results[1:], strict=False):
        new = assertion if result["passed"] else _expecting(assertion, result)
        if new is None:
            return None
        changed.append(new)
    assertions = tuple(changed)
    return check.model_copy(update={"assertions": assertions}) if assertions else None


def _expecting(assertion: Any, result: Mapping[str, Any]) -> Any:
    actual = result["actual"]
    if isinstance(assertion, StatusIs):
        return StatusIs(status=int(actual))
    if isinstance(assertion, HeaderIs) and assertion.equals is not None and MASK not in actual:
        return assertion.model_copy(update={"equals": actual})
    if isinstance(assertion, SameAsStable):
        paths = [exception_for(spot["place"]) for spot in result["differences"]]
        allowed = assertion.same_as_stable
        if all(paths):
            every = tuple(dict.fromkeys([*allowed.except_paths, *paths]))
            return SameAsStable(same_as_stable=allowed.model_copy(update={"except_paths": every}))
    return None


def _record(
    action: str, run: SmokeRun, check: str, author: User, now: datetime, **more: str
) -> None:
    after = {"suite": run.edit.suite.name, "edit": run.edit.number, "check": check, **more}
    after["version_id"] = str(run.version_id)
    worker = run.version.worker.name
    audit.record(action, worker, actor=author, source="dashboard", now=now, after=after)


def _essence(result: Mapping[str, Any]) -> list[Any]:
    if result["kind"] in _VOLATILE:
        return [result["kind"], result["expected"]]
    if spots := result.get("differences"):
        return [result["kind"], sorted(spot["place"] for spot in spots)]
    return [result["kind"], result["expected"], result["actual"]]
