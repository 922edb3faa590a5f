"""Opens the tails that are watched, closes the others, and stores what they send."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from queue import Empty
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from dashboard.cloud.accounts.access import client_of
from dashboard.cloud.models import CloudAccount, CloudTail, CloudTailEvent
from dashboard.cloud.proof.evidence import PROBE_HEADER, TailState
from dashboard.cloud.proof.trace_message import Invocation
from dashboard.cloud.tails.socket import open_socket
from dashboard.cloud.tails.tail_thread import Changed, Received, Report, Sampled, TailThread

log = logging.getLogger(__name__)
MOST_TAILS = 40
"""Open at a time, two threads each."""
MOST_BATCH = 500
MOST_LOGGED = 50
"""Of a live log, stored in one look: a busy Worker must not fill the database."""
CLAIM = timedelta(seconds=15)
CLAIM_RENEWED = timedelta(seconds=5)
DOUBTS_EVERY = timedelta(seconds=20)
IDLE = timedelta(seconds=1)
"""Between two looks while no tail is open."""
MOST_LINES, MOST_CHARS = 50, 2000
"""Of the console lines of one event, and of each."""


class TailKeeper:
    """One per process. `look` is called a few times a second. `make_thread` is for tests."""

    def __init__(self, make_thread: Callable[[CloudTail], TailThread] | None = None) -> None:
        self._claim = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._make_thread = make_thread or tail_thread
        self._threads: dict[int, TailThread] = {}
        self._renewed_at: dict[int, datetime] = {}
        self._scopes: dict[int, str] = {}
        self._claimed_at: datetime | None = None
        self._looked_at: datetime | None = None

    def look(self, now: datetime) -> None:
        if not self._threads and self._looked_at and now - self._looked_at < IDLE:
            return
        self._looked_at = now
        watched = self._watched(now)
        for key in self._threads.keys() - watched.keys():
            self._end(key)
        for key, row in watched.items():
            if key not in self._threads:
                self._threads[key] = thread = self._make_thread(row)
                self._scopes[key] = row.scope
                thread.start()
            self._renew_if_doubted(row, now)
        for key, thread in self._threads.items():
            self._store(key, _drained(thread))

    def close(self) -> bool:
        """Whether every tail has ended; asks them to."""
        for thread in self._threads.values():
            thread.stop()
        return not any(thread.is_alive() for thread in self._threads.values())

    def _watched(self, now: datetime) -> Mapping[int, CloudTail]:
        """The tails that this process is to have open."""
        if not settings.CLOUD_HOSTS:
            return {}
        rows = CloudTail.objects.filter(watched_until__gt=now, account__problem="")
        self._renew_claims(now)
        lapsed = Q(claimed_until=None) | Q(claimed_until__lt=now)
        free = lapsed & ~Q(claim=self._claim)
        room = MOST_TAILS - len(self._threads)
        for key in rows.filter(free).values_list("pk", flat=True)[: max(0, room)]:
            CloudTail.objects.filter(free, pk=key).update(
                claim=self._claim,
                claimed_until=now + CLAIM,
                state=TailState.OPENING,
                opened_at=None,
                sampled_at=None,
                problem="",
            )
        mine = rows.filter(claim=self._claim).select_related("account")
        return {row.pk: row for row in mine}

    def _renew_claims(self, now: datetime) -> None:
        if self._claimed_at is None or now - self._claimed_at >= CLAIM_RENEWED:
            CloudTail.objects.filter(claim=self._claim, watched_until__gt=now).update(
                claimed_until=now + CLAIM
            )
            self._claimed_at = now

    def _renew_if_doubted(self, row: CloudTail, now: datetime) -> None:
        """A tail that died silently looks open. At most once in `DOUBTS_EVERY`."""
        since = self._renewed_at.get(row.pk, row.opened_at)
        if row.doubted_at is None or since is None or row.doubted_at <= since:
            return
        if now - since >= DOUBTS_EVERY:
            self._renewed_at[row.pk] = now
            self._threads[row.pk].renew()

    def _end(self, key: int) -> None:
        """Nobody watches, or another process has it."""
        thread = self._threads.pop(key)
        thread.stop()
        self._renewed_at.pop(key, None)
        CloudTail.objects.filter(pk=key, claim=self._claim).update(
            state=TailState.OFF, opened_at=None, claim="", claimed_until=None
        )

    def _store(self, key: int, reports: Sequence[Report]) -> None:
        received = [report for report in reports if isinstance(report, Received)]
        changes = _changes(reports)
        if self._scopes.get(key) == CloudTail.Scope.ALL and len(received) > MOST_LOGGED:
            changes["sampled_at"] = changes["sampling_ended_at"] = received[-1].at
            received = received[-MOST_LOGGED:]
        if received and not _stored(key, received):
            changes["sampled_at"] = changes["sampling_ended_at"] = received[-1].at
            received = []
        if received:
            changes |= {"events": F("events") + len(received), "last_event_at": received[-1].at}
        if changes:
            CloudTail.objects.filter(pk=key, claim=self._claim).update(**changes)


def tail_thread(row: CloudTail) -> TailThread:
    account_id, base_url = row.account_id, row.account.base_url
    header = PROBE_HEADER if row.scope == CloudTail.Scope.PROBES else ""
    return TailThread(
        row.worker,
        header,
        lambda: client_of(CloudAccount.objects.get(pk=account_id)),
        lambda url: open_socket(url, base_url),
    )


def _stored(key: int, received: Sequence[Received]) -> bool:
    """False for events that cannot be stored: they count as dropped, and stop no other tail."""
    try:
        with transaction.atomic():
            CloudTailEvent.objects.bulk_create([_row(key, report) for report in received])
    except Exception:
        log.exception("events of tail %s: fault", key)
        return False
    return True


def _drained(thread: TailThread) -> list[Report]:
    reports: list[Report] = []
    while len(reports) < MOST_BATCH:
        try:
            reports.append(thread.reports.get_nowait())
        except Empty:
            break
    return reports


def _changes(reports: Sequence[Report]) -> dict[str, Any]:
    """Columns of `CloudTail` after these reports."""
    changes: dict[str, Any] = {}
    for report in reports:
        if isinstance(report, Sampled) and report.ends:
            changes["sampling_ended_at"] = report.at
        elif isinstance(report, Sampled):
            changes |= {"sampled_at": report.at, "sampling_ended_at": None}
        elif isinstance(report, Changed):
            changes |= {"state": str(report.state), "problem": report.problem[:500]}
            if report.state is not TailState.OPEN:
                changes["opened_at"] = None
            elif not report.unbroken:
                changes["opened_at"] = report.at
    return changes


def _row(key: int, report: Received) -> CloudTailEvent:
    event = report.invocation.event
    return CloudTailEvent(
        tail_id=key,
        nonce=event.nonce,
        ray=event.ray,
        worker=event.worker,
        version_id=event.version_id,
        tag=event.tag,
        outcome=event.outcome,
        status=event.status,
        cpu_ms=event.cpu_ms,
        wall_ms=event.wall_ms,
        at=event.at,
        received_at=report.at,
        detail=_detail(report.invocation),
    )


def _detail(given: Invocation) -> dict[str, Any]:
    return {
        "method": given.method,
        "url": given.url,
        "logs": [
            {
                "level": str(line.get("level", "log"))[:20],
                "message": " ".join(map(str, _parts(line.get("message"))))[:MOST_CHARS],
            }
            for line in given.logs[:MOST_LINES]
        ],
        "exceptions": [
            {key: str(error.get(key, ""))[:MOST_CHARS] for key in ("name", "message")}
            for error in given.exceptions[:MOST_LINES]
        ],
    }


def _parts(message: Any) -> Sequence[Any]:
    return message if isinstance(message, list) else [message]
