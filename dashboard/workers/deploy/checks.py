"""How the checks of the versions in a dialog last ended: what a step should not ignore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from dashboard.fleet.version_roles import Standing
from dashboard.smoketests.assertions import Verdict
from dashboard.smoketests.models import SmokeRun

RECENT = 20
"""Runs of both versions together that are looked through."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest judged run of one version; None where none ever was."""

    standing: Standing
    run: SmokeRun | None
    passed: int = 0
    in_all: int = 0

    @property
    def failed(self) -> bool:
        return self.run is not None and self.run.state == SmokeRun.State.FAILED


def last_runs(standings: Sequence[Standing]) -> list[LastRun]:
    """One for each version, in the same order; empty where none was checked lately. One query."""
    judged = SmokeRun.objects.filter(
        version__in=[s.version.pk for s in standings], state__in=SmokeRun.JUDGED
    )
    counted = judged.annotate(
        passed=Count("results", filter=Q(results__verdict=Verdict.PASSED)),
        in_all=Count("results"),
    )
    runs: dict[UUID, LastRun] = {}
    by_id = {s.version.pk: s for s in standings}
    for run in counted.order_by("-started_at")[:RECENT]:
        last = LastRun(by_id[run.version_id], run, run.passed, run.in_all)
        runs.setdefault(run.version_id, last)
    return [runs.get(s.version.pk, LastRun(s, None)) for s in standings] if runs else []


def failed_candidate(runs: Sequence[LastRun]) -> bool:
    """Whether the first version, the one that steps, failed its newest checks."""
    return bool(runs) and runs[0].failed
