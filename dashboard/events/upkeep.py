"""Events that no edge took or answered, and old ones."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db.models import F, Q

from dashboard.events.outcomes import ANSWER_WITHIN, LOST_AFTER, TAKE_WITHIN, Outcome
from dashboard.events.start import assign, notify
from routing.event_delivery import EventFailure, EventKind
from routing.models import Edge, WorkerEvent

AT_ONCE = 200
KEEP = timedelta(days=7)
KEEP_BATCHES = timedelta(hours=1)
"""Batches of a busy queue are many."""
CHUNK = 1_000


def look(now: datetime) -> None:
    """Every second or so. One query if nothing is open."""
    open_events = WorkerEvent.objects.filter(ended_at=None).order_by("created_at")
    if not open_events.exists():
        return
    _expire(now)
    _assign_again(now)
    _end_lost(now)


def prune(now: datetime) -> int:
    """Deletes events that ended a week ago, batches that succeeded after an hour; returns how
    many."""
    is_batch = Q(kind=str(EventKind.queue))
    is_done = is_batch & Q(outcome="ok", settled_at__lt=now - KEEP_BATCHES)
    old = WorkerEvent.objects.filter(Q(created_at__lt=now - KEEP) | is_done)
    ids = list(old.exclude(ended_at=None).values_list("pk", flat=True)[:CHUNK])
    return WorkerEvent.objects.filter(pk__in=ids).delete()[0] if ids else 0


def _expire(now: datetime) -> None:
    untaken = WorkerEvent.objects.filter(ended_at=None, taken_at=None, expires_at__lte=now)
    untaken.update(ended_at=now, outcome=str(Outcome.not_delivered))


def _assign_again(now: datetime) -> None:
    """Another edge for those that have none, or whose edge did not take them."""
    waiting = WorkerEvent.objects.filter(ended_at=None, taken_at=None)
    late = waiting.filter(
        Q(assigned_at=None) | Q(edge=None) | Q(assigned_at__lte=now - TAKE_WITHIN)
    )
    moved = []
    for event in late.select_related("worker")[:AT_ONCE]:
        assign([event], event.worker.name, now=now, draw=random.random())
        changed = {"edge_id": event.edge_id, "assigned_at": now, "attempts": F("attempts") + 1}
        if waiting.filter(pk=event.pk).update(**changed):
            moved.append(event)
    notify(moved)


def _end_lost(now: datetime) -> None:
    """Ends those whose agent ended, or that had no answer in time."""
    taken = WorkerEvent.objects.filter(ended_at=None).exclude(taken_at=None)
    taken.filter(taken_at__lte=now - ANSWER_WITHIN).update(
        ended_at=now, outcome=str(EventFailure.late)
    )
    for event in taken.filter(lost_at__lte=now - LOST_AFTER)[:AT_ONCE]:
        alive = Edge.objects.filter(
            pk=event.edge_id or 0, last_seen_on__gt=event.lost_at, up_at__lt=event.lost_at
        )
        if not alive.exists():
            taken.filter(pk=event.pk).update(ended_at=now, outcome=str(Outcome.lost))
