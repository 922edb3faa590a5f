"""The loop of the conductor's process: fans out what happened and sends what is due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import OperationalError, close_old_connections
from django.utils import timezone

from dashboard.notifications.delivery.fan_out import fan_out_all
from dashboard.notifications.delivery.send_due import send_due
from dashboard.notifications.models import OutboxEvent
from dashboard.notifications.sources.edges_behind import look_at_edges

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
TIDY_SECONDS = 15.0
KEPT = timedelta(days=90)
"""So long events stay in inboxes."""

Chore = Callable[[datetime], object]


def run(
    stop: threading.Event, chores: Sequence[Chore] = (), look_seconds: float = LOOK_SECONDS
) -> None:
    """Until `stop` is set. `chores` are done every `TIDY_SECONDS`. Sending has a thread of its own:
    a mail server that does not answer delays no inbox."""
    sender = threading.Thread(target=_loop, args=(stop, [send_due], look_seconds), daemon=True)
    sender.start()
    tidy_at = time.monotonic()
    while not stop.is_set():
        work: list[Chore] = [fan_out_all]
        if time.monotonic() >= tidy_at:
            tidy_at = time.monotonic() + TIDY_SECONDS
            work += [look_at_edges, forget_old, *chores]
        for chore in work:
            guarded(chore)
        stop.wait(look_seconds)


def _loop(stop: threading.Event, chores: Sequence[Chore], look_seconds: float) -> None:
    while not stop.is_set():
        for chore in chores:
            guarded(chore)
        stop.wait(look_seconds)


def guarded(chore: Chore) -> None:
    """One chore; a fault is logged and ends nothing."""
    try:
        close_old_connections()
        chore(timezone.now())
    except OperationalError as error:
        log.warning("notifications: the database does not answer: %s", error)
    except Exception:  # a guard: a fault in one chore must not stop the others
        log.exception("notifications: fault")


def forget_old(now: datetime) -> int:
    """Removes events that are older than `KEPT`, with their items and deliveries."""
    return OutboxEvent.objects.filter(at__lt=now - KEPT).delete()[0]
