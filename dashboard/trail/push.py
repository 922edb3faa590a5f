"""Sends sealed entries to SLUICE_AUDIT_WEBHOOK_URL, in order, each at least once.

A batch is named by its positions, so a receiver can tell one that came twice. The position moves
only after a 2xx; until then the same batch is sent again, with back-off and for ever.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from dashboard.egress import client
from dashboard.egress.client import SendFailed
from dashboard.egress.signatures import signed_headers
from dashboard.trail.export import rows_of
from dashboard.trail.models import AuditPush
from routing.models import AuditEntry, AuditHead, AuditSeal
from routing.trail import origin

BATCH = 100
SECONDS = 20.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 600.0
"""Seconds to the next try after one failure, and at most."""
LEASE = timedelta(seconds=60)
"""While one process sends, the others leave the batch alone."""


@dataclass(frozen=True, slots=True)
class PushStatus:
    """For the page and /metrics: how many entries wait, and the last problem."""

    host: str
    waiting: int
    failures: int
    problem: str
    sent_at: datetime | None


def status() -> PushStatus | None:
    """None when nothing is pushed."""
    if not settings.AUDIT_WEBHOOK_URL:
        return None
    row = AuditPush.objects.filter(url__in=[_receiver(), settings.AUDIT_WEBHOOK_URL]).first()
    row = row or AuditPush()
    head = AuditHead.objects.filter(id=1).values_list("position", flat=True).first() or 0
    host = urlsplit(settings.AUDIT_WEBHOOK_URL).netloc
    return PushStatus(host, head - row.position, row.failures, row.problem, row.sent_at)


def push_all(now: datetime) -> None:
    """Sends batches until no full one is left."""
    with origin.begin():
        while push(now) == BATCH:
            now = timezone.now()


def push(now: datetime) -> int:
    """Sends one batch if one is due; returns how many entries the receiver took."""
    if not settings.AUDIT_WEBHOOK_URL:
        return 0
    row = _row()
    seals = list(AuditSeal.objects.filter(position__gt=row.position).order_by("position")[:BATCH])
    if not seals or (row.next_try_at and row.next_try_at > now) or not _claim(row, now):
        return 0
    try:
        _send(seals, now)
    except SendFailed as error:
        _note_failure(row, str(error), now)
        return 0
    AuditPush.objects.filter(pk=row.pk).update(
        position=seals[-1].position, failures=0, problem="", next_try_at=None, sent_at=now
    )
    return len(seals)


def _row() -> AuditPush:
    """Takes over the row of an earlier release, which holds the whole address."""
    receiver = _receiver()
    if not AuditPush.objects.filter(url=receiver).exists():
        AuditPush.objects.filter(url=settings.AUDIT_WEBHOOK_URL).update(url=receiver)
    return AuditPush.objects.get_or_create(url=receiver)[0]


def _receiver() -> str:
    """Names the address without telling it: it can be all that is needed to post there."""
    url = settings.AUDIT_WEBHOOK_URL
    return f"{urlsplit(url).netloc[:400]}#{hashlib.sha256(url.encode()).hexdigest()}"


def _claim(row: AuditPush, now: datetime) -> bool:
    """Whether this process sends the batch: the row is as it was read."""
    mine = AuditPush.objects.filter(
        pk=row.pk, position=row.position, failures=row.failures, next_try_at=row.next_try_at
    )
    return bool(mine.update(next_try_at=now + LEASE))


def _send(seals: list[AuditSeal], now: datetime) -> None:
    body = json.dumps(_batch(seals)).encode()
    name = f"audit_{seals[0].position}_{seals[-1].position}"
    headers = signed_headers(settings.AUDIT_WEBHOOK_SECRET, name, body, now)
    headers |= {"Content-Type": "application/json", "User-Agent": "Sluice-Audit"}
    answer = client.request(
        "POST", settings.AUDIT_WEBHOOK_URL, headers=headers, body=body, seconds=SECONDS
    )
    if not answer.ok:
        raise SendFailed(f"The receiver answered {answer.status}.")


def _batch(seals: list[AuditSeal]) -> dict[str, Any]:
    entries_by_id = AuditEntry.objects.in_bulk([seal.entry_id for seal in seals])
    entries = [entries_by_id[seal.entry_id] for seal in seals if seal.entry_id in entries_by_id]
    return {"type": "audit.entries", "entries": rows_of(entries)}


def _note_failure(row: AuditPush, problem: str, now: datetime) -> None:
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.failures, 20))
    AuditPush.objects.filter(pk=row.pk).update(
        failures=F("failures") + 1,
        problem=problem[:300],
        next_try_at=now + timedelta(seconds=wait),
    )
