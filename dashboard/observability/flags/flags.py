"""Versions that fail too often are flagged, and stay so until they leave or a person acknowledges.

Edges report every few seconds whether or not requests come, so their reports are the clock: once a
minute each web process judges the minutes that are complete. Several processes find the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.live.signals import flags_changed
from dashboard.observability.flags.evidence import MINUTE, findings
from dashboard.observability.flags.rules import Finding
from dashboard.observability.models import Flag
from routing.control import audit
from routing.control.signals import desired_state_changed
from routing.models import Deployment, Share
from routing.transactions.after_commit import guarded, send

LATE = 5
"""Seconds after a minute's end by which all edges have sent its counts."""

_judged = 0
"""The minute up to which this process has judged."""
_judging = threading.Lock()


def connect() -> None:
    """Called once at start."""
    desired_state_changed.connect(_deployed, dispatch_uid="flags follow deployments")


def _deployed(*, worker: str, **_: Any) -> None:
    close_departed(timezone.now(), worker)


def judge_when_due(now: datetime) -> None:
    """Judges once a minute; called with each report of an edge, which it never fails."""
    global _judged
    minute = (int(now.timestamp()) - LATE) // MINUTE * MINUTE
    if minute <= _judged or not _judging.acquire(blocking=False):
        return
    try:
        _judged = minute
        guarded("judge failures", partial(judge, now))
    finally:
        _judging.release()


def judge(now: datetime) -> list[Flag]:
    """Flags what the rules find in the minutes complete at `now`; returns the new flags."""
    close_departed(now)
    found = list(findings(int(now.timestamp()) // MINUTE * MINUTE))
    if not found:
        return []
    raised = _raise(found, now)
    if raised:
        send(flags_changed, Flag, "announce flags", workers=sorted({f.worker for f in raised}))
    return raised


def open_flags(version_ids: Iterable[str] | None = None) -> QuerySet[Flag]:
    """Flags that are not acknowledged, of these versions or of all."""
    flags = Flag.objects.filter(left_at=None, acknowledged_at=None)
    return flags if version_ids is None else flags.filter(version_id__in=list(version_ids))


def acknowledge(worker: str, version_id: str, by: User, now: datetime) -> bool:
    """A person has seen it: no flag for this version again while this deployment lives.

    False when the version has no open flag.
    """
    with transaction.atomic():
        flag = open_flags([version_id]).filter(worker=worker).select_for_update().first()
        if flag is None:
            return False
        flag.acknowledged_at, flag.acknowledged_by = now, by.get_username()
        flag.save(update_fields=["acknowledged_at", "acknowledged_by"])
        audit.record(
            "version.acknowledge",
            worker,
            actor=by,
            source="dashboard",
            now=now,
            before={"version": version_id, "failing": flag.failing, "callers": flag.callers},
        )
    send(flags_changed, Flag, "announce flags", workers=[worker])
    return True


def close_departed(now: datetime, worker: str | None = None) -> None:
    """Closes the flags of versions that are no longer in their Worker's deployment."""
    flags = Flag.objects.filter(left_at=None, **({"worker": worker} if worker else {}))
    versions = set(flags.values_list("version_id", flat=True))
    if not versions:
        return
    active = Deployment.objects.active().values("pk")
    live = Share.objects.filter(deployment__in=active, version__in=versions)
    gone = versions - {str(pk) for pk in live.values_list("version_id", flat=True)}
    if gone:
        flags.filter(version_id__in=gone).update(left_at=now)


def _raise(found: Iterable[tuple[Deployment, str, Finding]], now: datetime) -> list[Flag]:
    """Stores what is new: no open flag yet, and none acknowledged under the same deployment."""
    made = [_flag(deployment, version, finding, now) for deployment, version, finding in found]
    seen = Q(left_at=None, acknowledged_at=None) | Q(acknowledged_at__isnull=False)
    known = Flag.objects.filter(seen, version_id__in=[flag.version_id for flag in made])
    rows = known.values_list("version_id", "deployment_id", "acknowledged_at", "left_at")
    is_open = {v for v, _, acknowledged, left in rows if acknowledged is None and left is None}
    is_seen = {(v, d) for v, d, acknowledged, _ in rows if acknowledged}
    new = [
        flag
        for flag in made
        if flag.version_id not in is_open and (flag.version_id, flag.deployment_id) not in is_seen
    ]
    return list(Flag.objects.bulk_create(new, ignore_conflicts=True))


def _flag(deployment: Deployment, version: str, finding: Finding, now: datetime) -> Flag:
    return Flag(
        worker=deployment.worker.name,
        version_id=version,
        deployment_id=str(deployment.id),
        rule=finding.rule,
        failing=finding.found.failing,
        callers=finding.found.callers,
        compared_failing=finding.compared.failing,
        compared_callers=finding.compared.callers,
        unknown=finding.found.unknown,
        raised_at=now,
    )
