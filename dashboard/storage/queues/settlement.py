"""When a queue's messages are delivered, and what becomes of them afterwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from dashboard.events.outcomes import Outcome
from routing.event_delivery import NOTHING_RAN

NOT_DELIVERED = frozenset({*map(str, NOTHING_RAN), str(Outcome.not_delivered)})
"""Outcomes of events that no version ran: no attempt."""


class ConsumerSettings(msgspec.Struct, frozen=True):
    """Cloudflare's defaults. Times are in milliseconds and seconds, as their names say."""

    batch_size: int = 10
    max_wait_time_ms: int = 5_000
    max_retries: int = 3
    retry_delay: int = 0
    #: Batches at the same time; None for `AT_ONCE`.
    max_concurrency: int | None = None


AT_ONCE = 10


class Message(msgspec.Struct, frozen=True):
    """A leased message. `attempts` counts this delivery."""

    id: str
    lease_id: str
    attempts: int
    content_type: str
    body: str
    timestamp_ms: int = 0


class _Retry(msgspec.Struct, rename="camel"):
    msg_id: str
    delay_seconds: int | None = None


class _RetryBatch(msgspec.Struct, rename="camel"):
    retry: bool = False
    delay_seconds: int | None = None


class HandlerResult(msgspec.Struct, rename="camel"):
    """What workerd answers after `queue()`."""

    explicit_acks: list[str] = []
    retry_messages: list[_Retry] = []
    retry_batch: _RetryBatch = msgspec.field(default_factory=_RetryBatch)


@dataclass(slots=True)
class Settlement:
    """`acks` and `releases` are leases, `retries` (lease, seconds). `dead` have used their
    retries."""

    acks: list[str] = field(default_factory=list)
    retries: list[tuple[str, int]] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)


def is_due(count: int, oldest_ms: int, settings: ConsumerSettings, now_ms: int) -> bool:
    """A full batch, or messages that have waited long enough."""
    return count >= settings.batch_size or (
        count > 0 and now_ms - oldest_ms >= settings.max_wait_time_ms
    )


def fitting(messages: Sequence[Message], most_bytes: int) -> int:
    """How many of them one event may carry: at least one."""
    size = 0
    for number, message in enumerate(messages):
        size += len(message.body)
        if size > most_bytes and number:
            return number
    return len(messages)


def settle(
    messages: Sequence[Message], outcome: str, result: HandlerResult, settings: ConsumerSettings
) -> Settlement:
    """After `ok`, messages are acknowledged unless the handler asked for a retry. After anything
    else all are retried, except those that it acknowledged by name."""
    settled = Settlement()
    if outcome in NOT_DELIVERED:
        settled.releases = [message.lease_id for message in messages]
        return settled
    acknowledged = set(result.explicit_acks)
    delays = {retry.msg_id: retry.delay_seconds for retry in result.retry_messages}
    retries_all = outcome != "ok" or result.retry_batch.retry
    for message in messages:
        if message.id in acknowledged or not (retries_all or message.id in delays):
            settled.acks.append(message.lease_id)
        elif message.attempts > settings.max_retries:
            settled.dead.append(message)
        else:
            delay = delays.get(message.id)
            delay = result.retry_batch.delay_seconds if delay is None else delay
            settled.retries.append(
                (message.lease_id, settings.retry_delay if delay is None else delay)
            )
    return settled
