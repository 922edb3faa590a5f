"""How long runs and their evidence are stored: two settings, in days."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from dashboard.smoketests.models import CheckResult, SmokeRun

AT_ONCE = 100
"""Runs that one call deals with: it must not hold the database for long."""


def prune(now: datetime) -> int:
    """Deletes runs that are too old and empties the evidence of others; returns how many runs.

    What each check came to stays with its run; bodies and header lines go first.
    """
    ended = SmokeRun.objects.exclude(state__in=SmokeRun.UNFINISHED)
    expired = _older(ended, now, settings.KEEP_CHECK_RUNS)
    SmokeRun.objects.filter(pk__in=expired).delete()
    emptied = _older(ended.filter(has_evidence=True), now, settings.KEEP_CHECK_EVIDENCE)
    rows = CheckResult.objects.filter(run__in=emptied)
    rows.update(body="", headers=None, stable=None)
    SmokeRun.objects.filter(pk__in=emptied).update(has_evidence=False)
    return len(expired) + len(emptied)


def _older(runs: QuerySet[SmokeRun], now: datetime, days: int) -> list[UUID]:
    old = runs.filter(started_at__lt=now - timedelta(days=days))
    return list(old.values_list("pk", flat=True)[:AT_ONCE])
