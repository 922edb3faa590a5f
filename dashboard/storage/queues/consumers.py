"""Consumers of queues: which Worker gets a queue's messages, and how."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.storage import namespaces
from dashboard.storage.queues import messages
from dashboard.storage.queues.queues import KIND
from dashboard.storage.queues.settlement import ConsumerSettings
from routing.models import QueueConsumer, StateNamespace, Worker

RANGES = {
    "batch_size": (1, 100),
    "max_wait_time_ms": (0, 60_000),
    "max_retries": (0, 100),
    "retry_delay": (0, 86_400),
    "max_concurrency": (1, 250),
}


class ConsumerRefused(ValueError):
    """`kind`: `exists`, `dead_letter_queue` or `settings`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerChange:
    """`worker` is None for clients that pull over HTTP."""

    worker: Worker | None
    dead_letter_queue: str = ""
    settings: Mapping[str, Any]


def create(queue: StateNamespace, change: ConsumerChange, by: Actor) -> QueueConsumer:
    """A queue has one consumer. Raises `ConsumerRefused`."""
    settings = _checked(change)
    with transaction.atomic():
        StateNamespace.objects.select_for_update().get(pk=queue.pk)
        if QueueConsumer.objects.filter(queue=queue).exists():
            raise ConsumerRefused("exists", messages.consumer_exists(queue.title))
        consumer = QueueConsumer.objects.create(
            key=secrets.token_hex(16),
            queue=queue,
            worker=change.worker,
            dead_letter_queue=change.dead_letter_queue,
            settings=settings,
            created_at=by.now,
        )
        namespaces.record_change("consumer", queue, by, **_facts(consumer))
    return consumer


def replace(consumer: QueueConsumer, change: ConsumerChange, by: Actor) -> None:
    """Raises `ConsumerRefused`."""
    consumer.settings = _checked(change)
    consumer.worker, consumer.dead_letter_queue = change.worker, change.dead_letter_queue
    with transaction.atomic():
        consumer.save(update_fields=["settings", "worker", "dead_letter_queue"])
        namespaces.record_change("consumer", consumer.queue, by, **_facts(consumer))


def delete(consumer: QueueConsumer, by: Actor) -> None:
    """Messages stay in the queue."""
    with transaction.atomic():
        namespaces.record_change("remove_consumer", consumer.queue, by, **_facts(consumer))
        consumer.delete()


def settings_of(consumer: QueueConsumer) -> ConsumerSettings:
    return msgspec.convert(consumer.settings, ConsumerSettings)


def _checked(change: ConsumerChange) -> dict[str, Any]:
    given = {name: value for name, value in change.settings.items() if value is not None}
    for name, value in given.items():
        least, most = RANGES.get(name, (value, value))
        if not least <= value <= most:
            raise ConsumerRefused("settings", messages.not_between(name, least, most))
    dead = change.dead_letter_queue
    if dead and not StateNamespace.objects.filter(kind=KIND, title=dead).exists():
        raise ConsumerRefused("dead_letter_queue", messages.no_queue(dead))
    known = {name: value for name, value in given.items() if name in RANGES}
    settings: dict[str, Any] = msgspec.to_builtins(msgspec.convert(known, ConsumerSettings))
    return settings


def _facts(consumer: QueueConsumer) -> dict[str, Any]:
    return {
        "worker": consumer.worker.name if consumer.worker else None,
        "dead_letter_queue": consumer.dead_letter_queue,
        **consumer.settings,
    }
