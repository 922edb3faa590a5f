"""Delivers what is due in the outbox. After a crash between delivery and its record, a message is
sent again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.mail import messages, outbox
from dashboard.storage.mail.deliver import DeliveryFailed, deliver
from dashboard.storage.mail.outbox import OutboxMessage
from routing.compile.workerd.binding_types.send_email import KIND
from routing.models import StateBinding

log = logging.getLogger(__name__)

AT_ONCE = 5
LEASE = timedelta(minutes=10)
"""Longer than `AT_ONCE` messages may take."""
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
"""After each failed attempt; after the last one the message has failed."""


def look(now: datetime) -> None:
    """Every second or so. One query without a version that sends mail."""
    if not StateBinding.objects.filter(kind=KIND).exists():
        return
    try:
        for message in outbox.take(AT_ONCE, LEASE):
            _deliver(message)
    except (StateUnavailable, StateRefused) as error:
        log.warning("mail of Workers is not delivered: %s", error)


def _deliver(message: OutboxMessage) -> None:
    content = outbox.content_of(message.id)
    try:
        if content is None:
            raise DeliveryFailed(messages.GONE, is_final=True)
        deliver(message, content)
    except DeliveryFailed as error:
        log.warning("message %d of %s is not delivered: %s", message.id, message.worker, error)
        if error.is_final or message.attempts >= len(WAITS):
            outbox.settle(message, "failed", str(error))
        else:
            outbox.settle(message, "waiting", str(error), WAITS[message.attempts])
    else:
        outbox.settle(message, "sent")
