"""Consumers of queues, as wrangler and Cloudflare's SDKs use them."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema

from dashboard.api.http.auth import ApiRequest, actor_of, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import ApiError, bad_request
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.storage.queues import (
    MISSING,
    ONE,
    consumer_item,
    consumers_of,
    queue_of,
)
from dashboard.storage.queues import consumers, messages
from dashboard.storage.queues.consumers import ConsumerChange, ConsumerRefused
from routing.models import QueueConsumer, StateNamespace

router = resource("Queues")
CONSUMERS = ONE + "/consumers"
CONSUMER = CONSUMERS + "/{consumer_id}"
EXISTS, INVALID = 11004, 100127
Json = dict[str, Any]


class ConsumerSettingsInput(Schema):
    batch_size: int | None = None
    max_retries: int | None = None
    max_wait_time_ms: int | None = None
    max_concurrency: int | None = None
    retry_delay: int | None = None


class ConsumerInput(Schema):
    """`visibility_timeout_ms` of HTTP clients is part of each pull."""

    type: Literal["worker", "http_pull"] = "worker"
    script_name: str = ""
    dead_letter_queue: str | None = None
    settings: ConsumerSettingsInput | None = None


@router.get(CONSUMERS, auth=may_read, response=Envelope[list[Json]])
def list_consumers(request: ApiRequest, account_id: str, queue_id: str) -> Json:
    """At most one."""
    queue = queue_of(queue_id)
    return ok(consumers_of([queue]).get(queue.title, []))


@router.post(CONSUMERS, auth=may_deploy, response=Envelope[Json])
def create_consumer(
    request: ApiRequest, account_id: str, queue_id: str, given: ConsumerInput
) -> Json:
    """A Worker's `queue()` handler, or clients that pull over HTTP."""
    queue = queue_of(queue_id)
    try:
        return ok(consumer_item(consumers.create(queue, _change(given), actor_of(request))))
    except ConsumerRefused as error:
        raise _refused(error) from None


@router.get(CONSUMER, auth=may_read, response=Envelope[Json])
def get_consumer(request: ApiRequest, account_id: str, queue_id: str, consumer_id: str) -> Json:
    """One consumer."""
    return ok(consumer_item(_find(queue_of(queue_id), consumer_id)))


@router.put(CONSUMER, auth=may_deploy, response=Envelope[Json])
def replace_consumer(
    request: ApiRequest, account_id: str, queue_id: str, consumer_id: str, given: ConsumerInput
) -> Json:
    """Replaces its settings. What is not sent gets its default."""
    consumer = _find(queue_of(queue_id), consumer_id)
    try:
        consumers.replace(consumer, _change(given), actor_of(request))
    except ConsumerRefused as error:
        raise _refused(error) from None
    return ok(consumer_item(consumer))


@router.delete(CONSUMER, auth=may_deploy, response=Envelope[None])
def delete_consumer(request: ApiRequest, account_id: str, queue_id: str, consumer_id: str) -> Json:
    """Its messages stay in the queue."""
    consumers.delete(_find(queue_of(queue_id), consumer_id), actor_of(request))
    return ok(None)


def _find(queue: StateNamespace, consumer_id: str) -> QueueConsumer:
    found = QueueConsumer.objects.filter(queue=queue, key=consumer_id).first()
    if found is None:
        raise ApiError(404, (MISSING, messages.no_consumer(consumer_id)))
    return found


def _change(given: ConsumerInput) -> ConsumerChange:
    if given.type == "worker" and not given.script_name:
        raise bad_request(messages.NO_SCRIPT, INVALID)
    return ConsumerChange(
        worker=worker_named(given.script_name) if given.type == "worker" else None,
        dead_letter_queue=given.dead_letter_queue or "",
        settings=given.settings.dict(exclude_none=True) if given.settings else {},
    )


def _refused(error: ConsumerRefused) -> ApiError:
    code = {"exists": EXISTS, "dead_letter_queue": MISSING}.get(error.kind, INVALID)
    return ApiError(400, (code, str(error)))
