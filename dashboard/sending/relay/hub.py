"""One thread per process that does the database work of all relayed requests.

Threads that send need no database connection, and a run of a thousand requests asks for all its
answers in one query. The thread ends when it had nothing to do for some seconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import Error as DatabaseError, connections
from django.utils import timezone

from dashboard.live.channel.broadcast import broadcast
from dashboard.sending.models import Relayed
from dashboard.sending.relay.loss import Loss
from dashboard.sending.relay.rows import EXPIRES_AFTER, group, unseal_answer
from routing.models import Edge
from routing.relayed_request import RelayedAnswer
from routing.secret_encryption import DecryptionFailed

log = logging.getLogger(__name__)

TAKE_SECONDS = 5.0
"""How long a request waits for a socket of its edge."""
LOST_SECONDS = 7.0
"""How long after its socket has closed an agent may be silent; it reports every five seconds, and
posts its answers over HTTP."""
FAST, SLOW = 0.01, 0.05
"""Seconds between two looks, for new requests and after a second."""
IDLE_SECONDS = 10.0


@dataclass(eq=False)
class Pending:
    """A request until `done` is set; then `answer` or `loss`. `deadline` is by the monotonic
    clock."""

    id: UUID
    edge_id: int
    stored: str
    deadline: float
    began: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    is_stored: bool = False
    cancelled: bool = False
    answer: RelayedAnswer | None = None
    loss: Loss = Loss.none

    def end(self, loss: Loss, answer: RelayedAnswer | None = None) -> None:
        self.loss, self.answer = loss, answer
        self.done.set()


class Hub:
    """`submit` and `wake` may be called in any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pending: list[Pending] = []
        self._thread: threading.Thread | None = None
        self._woken = False

    def submit(self, pending: Pending) -> None:
        with self._changed:
            self._pending.append(pending)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
                self._thread.start()
        self.wake()

    def wake(self) -> None:
        """Looks at once: a request was added or cancelled, or an answer was stored here."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def _run(self) -> None:
        try:
            while pending := self._next():
                try:
                    _step(pending)
                except Exception as error:
                    if not isinstance(error, DatabaseError):
                        log.exception("relayed requests failed")
                    _fail(pending)
                self._rest(pending)
        finally:
            connections.close_all()

    def _next(self) -> Sequence[Pending]:
        """The requests in progress; empty when this thread is to end."""
        with self._changed:
            self._pending = [p for p in self._pending if not p.done.is_set()]
            if not self._pending:
                self._woken = False
                self._changed.wait(IDLE_SECONDS)
            if not self._pending:
                self._thread = None
            return tuple(self._pending)

    def _rest(self, pending: Sequence[Pending]) -> None:
        now = time.monotonic()
        recent = any(now - p.began < 1.0 for p in pending if not p.done.is_set())
        with self._changed:
            if not self._woken:
                self._changed.wait(FAST if recent else SLOW)
            self._woken = False


def _step(pending: Sequence[Pending]) -> None:
    """Stores what is new, and ends what has an answer, was cancelled or is late."""
    now, clock = timezone.now(), time.monotonic()
    _store([p for p in pending if not p.is_stored], now)
    facts = {
        pk: (taken, lost, answered)
        for pk, taken, lost, answered in Relayed.objects.filter(
            pk__in=[p.id for p in pending]
        ).values_list("pk", "taken_at", "lost_at", "answered_at")
    }
    _collect([p for p in pending if p.id in facts and facts[p.id][2]])
    for one in pending:
        if one.done.is_set():
            continue
        taken, lost, _ = facts.get(one.id, (None, None, None))
        if one.cancelled:
            _cancel(one, Loss.cancelled)
        elif clock > one.deadline:
            _cancel(one, Loss.late if taken else Loss.not_taken)
        elif one.id not in facts:  # its edge was removed
            one.end(Loss.not_taken)
        elif taken is None and clock - one.began > TAKE_SECONDS:
            _give_up(one)
        elif lost is not None and _is_gone(one.edge_id, lost, now):
            _cancel(one, Loss.disconnected)


def _is_gone(edge_id: int, lost: datetime, now: datetime) -> bool:
    """Whether the agent ended, too, since its socket closed at `lost`."""
    if now - lost < timedelta(seconds=LOST_SECONDS):
        return False
    return not Edge.objects.filter(pk=edge_id, last_seen_on__gt=lost, up_at__lt=lost).exists()


def _store(new: Sequence[Pending], now: datetime) -> None:
    if not new:
        return
    Relayed.objects.filter(expires_at__lt=now).delete()  # of processes that have ended
    rows = [
        Relayed(id=p.id, edge_id=p.edge_id, request=p.stored, expires_at=now + EXPIRES_AFTER)
        for p in new
    ]
    Relayed.objects.bulk_create(rows)
    for one in new:
        one.is_stored, one.stored = True, ""
    for edge_id in {p.edge_id for p in new}:
        broadcast(group(edge_id), {"type": "relay"})


def _collect(answered: Sequence[Pending]) -> None:
    if not answered:
        return
    rows = Relayed.objects.filter(pk__in=[p.id for p in answered])
    answers = dict(rows.values_list("pk", "answer"))
    rows.delete()
    for one in answered:
        try:
            one.end(Loss.none, unseal_answer(answers[one.id]))
        except (DecryptionFailed, KeyError):
            one.end(Loss.disconnected)


def _give_up(one: Pending) -> None:
    """Deletes the request, unless a socket takes it at this moment."""
    deleted, _ = Relayed.objects.filter(pk=one.id, taken_at=None).delete()
    if deleted:
        one.end(Loss.not_taken)


def _cancel(one: Pending, loss: Loss) -> None:
    Relayed.objects.filter(pk=one.id).delete()
    broadcast(group(one.edge_id), {"type": "relay.cancel", "id": str(one.id)})
    one.end(loss)


def _fail(pending: Sequence[Pending]) -> None:
    connections.close_all()
    for one in pending:
        one.end(Loss.database)


hub = Hub()
