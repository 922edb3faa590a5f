"""Removes old entries. A checkpoint entry says up to where, so that the rest still verifies."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from routing.models import AuditEntry, AuditSeal
from routing.trail.origin import current
from routing.trail.seal import append, lock_head

CHECKPOINT = "audit.prune"
"""The action of a checkpoint; its `after` is {"through": position, "hash", "entries", "days"}."""
MOST = 5000
"""Entries that one transaction removes."""


def prune(now: datetime, days: int) -> int:
    """Removes the oldest entries that are over `days` old; returns how many. 0 days keeps all."""
    if not days:
        return 0
    removed = 0
    while count := _prune_some(now, days):
        removed += count
    return removed


def _prune_some(now: datetime, days: int) -> int:
    with transaction.atomic():
        head = lock_head()
        last = _last_to_remove(now - timedelta(days=days))
        if last is None:
            return 0
        old = AuditSeal.objects.filter(position__lte=last.position)
        count = old.count()
        entries = AuditEntry.objects.filter(pk__in=old.values("entry_id"))
        entries.delete()
        old.delete()
        after = {"through": last.position, "hash": last.hash, "entries": count, "days": days}
        append(head, [_checkpoint(now, after)])
    return count


def _last_to_remove(cutoff: datetime) -> AuditSeal | None:
    """The last of the oldest seals whose entries are all older than `cutoff`, at most `MOST`."""
    last = None
    seals = list(AuditSeal.objects.order_by("position")[:MOST])
    dates = dict(
        AuditEntry.objects.filter(pk__in=[seal.entry_id for seal in seals]).values_list("pk", "at")
    )
    for seal in seals:
        at = dates.get(seal.entry_id)
        if at is None or at >= cutoff:
            break
        last = seal
    return last


def _checkpoint(now: datetime, after: dict[str, object]) -> AuditEntry:
    """Written and sealed in one transaction with the removal."""
    entry = AuditEntry.objects.create(
        at=now,
        actor="system",
        action=CHECKPOINT,
        subject="audit trail",
        source="system",
        after=after,
        request_id=current().request_id,
    )
    return AuditEntry.objects.get(pk=entry.pk)
