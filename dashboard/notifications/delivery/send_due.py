"""Sends due messages at least once: a row is marked as sent after the receiver accepted it.

The claim of a process that is killed expires; the message is sent again with the same id.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from dashboard.egress.client import SendFailed
from dashboard.notifications.delivery.mail import send_mail
from dashboard.notifications.delivery.post import send_post
from dashboard.notifications.models import Delivery

log = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(minutes=2)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
MOST_ATTEMPTS = 30
"""Attempts in about a day. After them a person can retry."""


def send_due(now: datetime) -> int:
    """Sends due messages; returns their number. Skips a receiver after a failure until the next
    pass, so that others do not wait for its time-outs."""
    due = Delivery.objects.due(now).select_related("event", "person", "webhook").order_by("due_at")
    sent, failing = 0, set()
    for delivery in due[:BATCH]:
        receiver = delivery.webhook_id or "mail"
        if receiver in failing or not _claim(delivery, now):
            continue
        if _send(delivery, now):
            sent += 1
        else:
            failing.add(receiver)
    return sent


def wait_after(attempts: int) -> timedelta:
    """Pause before the next attempt: 10 s, 20 s, 40 s, … at most an hour."""
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts - 1, 20)))


def try_again(deliveries: list[int], now: datetime) -> int:
    """Retries failed deliveries; returns their number."""
    rows = Delivery.objects.filter(pk__in=deliveries, state=Delivery.State.FAILED)
    return rows.update(state=Delivery.State.WAITING, attempts=0, due_at=now, claimed_until=None)


def _claim(delivery: Delivery, now: datetime) -> bool:
    """Claims the message for this process; False if another one was faster."""
    return bool(Delivery.objects.due(now).filter(pk=delivery.pk).update(claimed_until=now + LEASE))


def _send(delivery: Delivery, now: datetime) -> bool:
    row = Delivery.objects.filter(pk=delivery.pk)
    try:
        if delivery.webhook_id:
            send_post(delivery, now)
        else:
            send_mail(delivery)
    except SendFailed as error:
        _note_failure(delivery, str(error), now)
        return False
    except Exception:  # a guard: a message that cannot be made must not stop the others
        log.exception("delivery %s: fault", delivery.pk)
        _note_failure(delivery, "An unexpected error. The conductor's log has it.", now)
        return False
    row.update(state=Delivery.State.SENT, sent_at=now, claimed_until=None, problem="")
    return True


def _note_failure(delivery: Delivery, problem: str, now: datetime) -> None:
    attempts = delivery.attempts + 1
    over = attempts >= MOST_ATTEMPTS
    Delivery.objects.filter(pk=delivery.pk).update(
        attempts=attempts,
        problem=problem[:300],
        due_at=now + wait_after(attempts),
        claimed_until=None,
        state=Delivery.State.FAILED if over else Delivery.State.WAITING,
    )
