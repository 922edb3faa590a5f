"""Watching a Worker from any process: the tail's state, and the events of requests."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from dashboard.cloud.models import CloudAccount, CloudTail, CloudTailEvent
from dashboard.cloud.proof.evidence import TailCoverage, TailEvent, TailState

WATCH_SECONDS = 90
"""How long a Worker is watched after the last look."""
SKEW = timedelta(seconds=2)
"""A notice that events are dropped may come after the event that was."""
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class TailStatus:
    """`opened_at`: open without a break since then. `last_event_at` is when an event last came."""

    state: TailState = TailState.OFF
    opened_at: datetime | None = None
    events: int = 0
    last_event_at: datetime | None = None
    sampled: bool = False
    problem: str = ""

    @property
    def is_open(self) -> bool:
        return self.state is TailState.OPEN


def watch(
    account: CloudAccount,
    worker: str,
    now: datetime,
    *,
    seconds: float = WATCH_SECONDS,
    scope: str = CloudTail.Scope.PROBES,
) -> CloudTail:
    """Wants the tail for some time more. Two queries."""
    until = now + timedelta(seconds=seconds)
    tail, created = CloudTail.objects.get_or_create(
        account=account, worker=worker, scope=scope, defaults={"watched_until": until}
    )
    if not created and tail.watched_until < until:
        CloudTail.objects.filter(pk=tail.pk, watched_until__lt=until).update(watched_until=until)
        tail.watched_until = until
    return tail


def tail_status(
    account: CloudAccount, worker: str, now: datetime, scope: str = CloudTail.Scope.PROBES
) -> TailStatus:
    row = CloudTail.objects.filter(account=account, worker=worker, scope=scope).first()
    return TailStatus() if row is None else status_of(row, now)


def status_of(row: CloudTail, now: datetime) -> TailStatus:
    """A tail whose process is gone is not open, whatever it wrote last."""
    state = TailState(row.state)
    if row.claimed_until is None or row.claimed_until < now:
        state = TailState.OPENING if row.watched_until > now else TailState.OFF
    opened_at = row.opened_at if state is TailState.OPEN else None
    sampled = row.sampled_at is not None and row.sampling_ended_at is None
    return TailStatus(state, opened_at, row.events, row.last_event_at, sampled, row.problem)


def wait_until_open(account: CloudAccount, worker: str, seconds: float) -> TailStatus:
    """Watches, and waits until the tail is open, refused or full, for some seconds at most."""
    watch(account, worker, timezone.now())
    deadline = time.monotonic() + seconds
    while True:
        status = tail_status(account, worker, timezone.now())
        waiting = status.state in (TailState.OFF, TailState.OPENING)
        if not waiting or time.monotonic() > deadline:
            return status
        time.sleep(_PAUSE)


def events_of(nonces: Collection[str]) -> list[TailEvent]:
    """By all tails."""
    rows = CloudTailEvent.objects.filter(nonce__in=list(nonces)).order_by("at", "pk")
    return [tail_event(row) for row in rows]


def coverage_of(account: CloudAccount, worker: str, sent_at: datetime) -> TailCoverage:
    """Whether the tail could have seen a request of that time. Two queries."""
    row = CloudTail.objects.filter(
        account=account, worker=worker, scope=CloudTail.Scope.PROBES
    ).first()
    if row is None:
        return TailCoverage(TailState.OFF)
    status = status_of(row, timezone.now())
    ended = row.sampling_ended_at
    sampled = row.sampled_at is not None and (ended is None or ended > sent_at - SKEW)
    seen = row.received.filter(received_at__gte=sent_at).count()
    return TailCoverage(status.state, status.opened_at, seen, sampled)


def doubt(account: CloudAccount, worker: str, now: datetime) -> None:
    """A request of ours was missed though nothing explains it: the tail may have died silently, and
    is opened again."""
    rows = CloudTail.objects.filter(account=account, worker=worker, state=TailState.OPEN)
    rows.filter(scope=CloudTail.Scope.PROBES).update(doubted_at=now)


def wait_for_events(nonces: Sequence[str], workers: int, seconds: float) -> list[TailEvent]:
    """The events of these requests, as soon as each has `workers` of them, or after some
    seconds."""
    deadline = time.monotonic() + seconds
    while True:
        events = events_of(nonces)
        if len({(e.nonce, e.worker) for e in events}) >= workers * len(nonces):
            return events
        if time.monotonic() > deadline:
            return events
        time.sleep(_PAUSE)


def tail_event(row: CloudTailEvent) -> TailEvent:
    return TailEvent(
        row.nonce,
        row.ray,
        row.worker,
        row.version_id,
        row.at,
        row.tag,
        row.outcome,
        row.status,
        row.cpu_ms,
        row.wall_ms,
    )
