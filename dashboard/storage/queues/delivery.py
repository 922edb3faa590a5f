"""Takes messages from queues to the Workers that consume them; a task of `manage.py work`.

A batch is a lease of its messages and an event (`dashboard.events`). When the event has ended, the
messages are acknowledged, retried or sent to the dead letter queue, in that order: after a crash in
between, messages come again.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db.models import Q

from dashboard.events.outcomes import ANSWER_WITHIN, WAIT
from dashboard.events.rows import batch_of
from dashboard.events.start import Draws, edges_for, start_batch
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.queues import queue_messages
from dashboard.storage.queues.consumers import settings_of
from dashboard.storage.queues.settlement import (
    AT_ONCE,
    ConsumerSettings,
    HandlerResult,
    Message,
    fitting,
    is_due,
    settle,
)
from routing.control.deploy import active_deployment
from routing.event_delivery import EventKind
from routing.models import QueueConsumer, WorkerEvent
from routing.secret_encryption import DecryptionFailed

log = logging.getLogger(__name__)

DRIVES_FOR = timedelta(seconds=15)
LEASE = WAIT + ANSWER_WITHIN + timedelta(seconds=60)
"""Longer than an event can take."""
MOST_BYTES = 1024 * 1024
"""Of the bodies in one batch, in base64."""


class QueueDelivery:
    """`draw` returns numbers in [0, 1)."""

    def __init__(self, draw: Callable[[], float] = random.random) -> None:
        self._name, self._draw = secrets.token_hex(8), draw

    def look(self, now: datetime) -> None:
        """One query without consumers."""
        consumers = QueueConsumer.objects.exclude(worker=None).select_related("queue", "worker")
        for consumer in consumers:
            if not self._claims(consumer, now):
                continue
            try:
                settle_ended(consumer, now)
                self._start_batches(consumer, now)
            except (StateUnavailable, StateRefused) as error:
                log.warning("queue %s is not delivered: %s", consumer.queue.title, error)

    def _claims(self, consumer: QueueConsumer, now: datetime) -> bool:
        """Whether this process drives the consumer for the next seconds."""
        is_free = Q(driver=self._name) | Q(driven_until=None) | Q(driven_until__lt=now)
        rows = QueueConsumer.objects.filter(is_free, pk=consumer.pk)
        return bool(rows.update(driver=self._name, driven_until=now + DRIVES_FOR))

    def _start_batches(self, consumer: QueueConsumer, now: datetime) -> None:
        assert consumer.worker is not None
        settings = settings_of(consumer)
        room = (settings.max_concurrency or AT_ONCE) - _batches(consumer).count()
        deployment = active_deployment(consumer.worker)
        if room <= 0 or deployment is None or not edges_for(consumer.worker.name, now):
            return
        for number in range(room):
            batch = _pull_if_due(consumer, settings, now)
            if not batch:
                return
            start_batch(
                deployment,
                consumer.queue.title,
                [_for_the_helper(message) for message in batch],
                now=now + timedelta(microseconds=number),  # events differ by their time
                draws=Draws(version=self._draw(), edge=self._draw()),
            )


def settle_ended(consumer: QueueConsumer, now: datetime) -> None:
    """Acknowledges the messages of batches that have ended, or gives them back."""
    for event in _batches(consumer).exclude(ended_at=None):
        try:
            batch = [_message(item) for item in json.loads(batch_of(event))["messages"]]
        except DecryptionFailed:  # the messages come again when their leases end
            WorkerEvent.objects.filter(pk=event.pk).update(settled_at=now, payload="")
            continue
        settled = settle(batch, event.outcome, _result(event.result), settings_of(consumer))
        if settled.dead and consumer.dead_letter_queue:
            items = [{"body": m.body, "contentType": m.content_type} for m in settled.dead]
            queue_messages.send_raw(consumer.dead_letter_queue, items)
        queue_messages.acknowledge(
            consumer.queue,
            acks=[*settled.acks, *(message.lease_id for message in settled.dead)],
            retries=[
                {"lease_id": lease, "delay_seconds": delay} for lease, delay in settled.retries
            ],
            releases=settled.releases,
        )
        detail = f"{len(settled.dead)} dead letters" if settled.dead else event.detail
        WorkerEvent.objects.filter(pk=event.pk).update(settled_at=now, payload="", detail=detail)


def _pull_if_due(
    consumer: QueueConsumer, settings: ConsumerSettings, now: datetime
) -> list[Message]:
    """Leased messages; those that do not fit are given back."""
    ready = queue_messages.ready(consumer.queue)
    if not is_due(ready["count"], ready["oldest_ms"], settings, round(now.timestamp() * 1000)):
        return []
    pulled = queue_messages.pull(
        consumer.queue,
        batch_size=settings.batch_size,
        visibility_timeout_ms=LEASE // timedelta(milliseconds=1),
    )
    batch = [msgspec.convert(item, Message) for item in pulled["messages"]]
    number = fitting(batch, MOST_BYTES)
    if batch[number:]:
        leases = [message.lease_id for message in batch[number:]]
        queue_messages.acknowledge(consumer.queue, acks=[], retries=[], releases=leases)
    return batch[:number]


def _batches(consumer: QueueConsumer) -> Any:
    """Of this consumer, whose messages are leased."""
    return WorkerEvent.objects.filter(
        worker=consumer.worker,
        kind=str(EventKind.queue),
        name=consumer.queue.title,
        settled_at=None,
    )


def _for_the_helper(message: Message) -> dict[str, Any]:
    """As `runtime/events.js` reads it; it ignores the lease."""
    return {
        "id": message.id,
        "timestamp": message.timestamp_ms,
        "attempts": message.attempts,
        "contentType": message.content_type,
        "body": message.body,
        "lease": message.lease_id,
    }


def _message(item: dict[str, Any]) -> Message:
    return Message(
        id=item["id"],
        lease_id=item["lease"],
        attempts=item["attempts"],
        content_type=item["contentType"],
        body=item["body"],
        timestamp_ms=item["timestamp"],
    )


def _result(text: str) -> HandlerResult:
    """Nothing was acknowledged by name, if the handler did not get to its end."""
    return msgspec.json.decode(text.encode(), type=HandlerResult) if text else HandlerResult()
