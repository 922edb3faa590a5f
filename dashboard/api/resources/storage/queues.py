"""Queues, as wrangler and Cloudflare's SDKs use them. Consumers are in `queue_consumers.py`."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ninja import Query, Schema
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, actor_of, may_administer, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Paging, ok, paged, resource
from dashboard.api.http.errors import ApiError, bad_request, unsupported
from dashboard.api.resources.storage.answers import namespace_errors, state_errors
from dashboard.storage import namespaces
from dashboard.storage.bound_workers import workers_by_namespace
from dashboard.storage.messages import NO_JURISDICTION
from dashboard.storage.queues import messages, queue_messages, queues
from dashboard.storage.queues.queue_messages import Message
from routing.control.publish import timestamp
from routing.models import QueueConsumer, StateNamespace

router = resource("Queues")
QUEUES = "/accounts/{account_id}/queues"
ONE = QUEUES + "/{queue_id}"
MISSING, EXISTS, INVALID = 11000, 11009, 11003
Json = dict[str, Any]


class QueueSettings(Schema):
    """In seconds."""

    delivery_delay: int | None = None
    message_retention_period: int | None = None
    delivery_paused: bool | None = None


class QueueInput(Schema):
    queue_name: str = ""
    settings: QueueSettings | None = None
    jurisdiction: str | None = None


class MessageInput(Schema):
    body: Any
    content_type: str = "json"
    delay_seconds: int | None = Field(None, ge=0, le=86_400)


class BatchInput(Schema):
    messages: list[MessageInput] = Field(min_length=1, max_length=100)
    delay_seconds: int | None = Field(None, ge=0, le=86_400)


class PullInput(Schema):
    batch_size: int = Field(5, ge=1, le=100)
    visibility_timeout_ms: int = Field(30_000, ge=0, le=43_200_000)


class Lease(Schema):
    lease_id: str
    delay_seconds: int = Field(0, ge=0, le=86_400)


class AckInput(Schema):
    acks: list[Lease] = []
    retries: list[Lease] = []


@router.get(QUEUES, auth=may_read, response=Envelope[list[Json]])
def list_queues(
    request: ApiRequest, account_id: str, paging: Query[Paging], name: str = ""
) -> Json:
    """Queues by name; with `name` only that one."""
    rows = StateNamespace.objects.filter(kind=queues.KIND).order_by("title")
    page, info = paged(rows.filter(title=name) if name else rows, paging)
    return ok(queue_items(page), info)


@router.post(QUEUES, auth=may_deploy, response=Envelope[Json])
def create_queue(request: ApiRequest, account_id: str, given: QueueInput) -> Json:
    """An empty queue."""
    if given.jurisdiction:
        raise unsupported(NO_JURISDICTION)
    with _errors():
        queue = queues.create(given.queue_name, _settings(given), actor_of(request))
    return ok(queue_item(queue))


@router.get(ONE, auth=may_read, response=Envelope[Json])
def get_queue(request: ApiRequest, account_id: str, queue_id: str) -> Json:
    """One queue."""
    return ok(queue_item(queue_of(queue_id)))


@router.put(ONE, auth=may_deploy, response=Envelope[Json], operation_id="queues_replace_queue")
@router.patch(ONE, auth=may_deploy, response=Envelope[Json])
def change_queue(request: ApiRequest, account_id: str, queue_id: str, given: QueueInput) -> Json:
    """Changes the settings that are sent."""
    queue = queue_of(queue_id)
    if given.queue_name not in ("", queue.title):
        raise unsupported(messages.NAME_STAYS)
    with _errors():
        queues.change(queue, _settings(given), actor_of(request))
    return ok(queue_item(queue))


@router.delete(ONE, auth=may_administer, response=Envelope[None])
def delete_queue(request: ApiRequest, account_id: str, queue_id: str) -> Json:
    """The queue and its messages. Bindings to it stay, and fail."""
    with state_errors(INVALID):
        namespaces.delete(queue_of(queue_id), actor_of(request))
    return ok(None)


@router.post(ONE + "/messages", auth=may_deploy, response=Envelope[None])
def send_message(request: ApiRequest, account_id: str, queue_id: str, given: MessageInput) -> Json:
    """Sends one message."""
    with state_errors(INVALID):
        queue_messages.send(queue_of(queue_id), [_message(given, None)])
    return ok(None)


@router.post(ONE + "/messages/batch", auth=may_deploy, response=Envelope[None])
def send_messages(request: ApiRequest, account_id: str, queue_id: str, given: BatchInput) -> Json:
    """Sends up to 100 messages, all or none."""
    batch = [_message(each, given.delay_seconds) for each in given.messages]
    with state_errors(INVALID):
        queue_messages.send(queue_of(queue_id), batch)
    return ok(None)


@router.post(ONE + "/messages/pull", auth=may_deploy, response=Envelope[Json])
def pull_messages(request: ApiRequest, account_id: str, queue_id: str, given: PullInput) -> Json:
    """Leases messages. Those that are not acknowledged in time come again."""
    with state_errors(INVALID):
        pulled = queue_messages.pull(
            queue_of(queue_id),
            batch_size=given.batch_size,
            visibility_timeout_ms=given.visibility_timeout_ms,
        )
    return ok({**pulled, "messages": [_pulled(each) for each in pulled["messages"]]})


@router.post(ONE + "/messages/ack", auth=may_deploy, response=Envelope[Json])
def acknowledge_messages(
    request: ApiRequest, account_id: str, queue_id: str, given: AckInput
) -> Json:
    """Deletes messages by their leases, or makes them available again."""
    with state_errors(INVALID):
        done = queue_messages.acknowledge(
            queue_of(queue_id),
            acks=[each.lease_id for each in given.acks],
            retries=[each.dict() for each in given.retries],
        )
    return ok(done)


@router.post(ONE + "/purge", auth=may_deploy, response=Envelope[Json])
def purge_queue(request: ApiRequest, account_id: str, queue_id: str) -> Json:
    """Deletes every message."""
    queue = queue_of(queue_id)
    with state_errors(INVALID):
        queue_messages.purge(queue)
    namespaces.record_change("purge", queue, actor_of(request))
    return ok(queue_item(queue))


def queue_of(queue_id: str) -> StateNamespace:
    queue = queues.find(queue_id)
    if queue is None:
        raise ApiError(404, (MISSING, messages.no_queue(queue_id)))
    return queue


def queue_item(queue: StateNamespace) -> Json:
    return queue_items([queue])[0]


def queue_items(page: list[StateNamespace]) -> list[Json]:
    producers, consumers = workers_by_namespace(page), consumers_of(page)
    return [_item(queue, producers[queue], consumers.get(queue.title, [])) for queue in page]


def consumers_of(page: list[StateNamespace]) -> dict[str, list[Json]]:
    """By the queue's name. One query."""
    found = QueueConsumer.objects.filter(queue__in=page).select_related("queue", "worker")
    return {consumer.queue.title: [consumer_item(consumer)] for consumer in found}


def consumer_item(consumer: QueueConsumer) -> Json:
    return {
        "consumer_id": consumer.key,
        "queue_name": consumer.queue.title,
        "created_on": timestamp(consumer.created_at),
        "dead_letter_queue": consumer.dead_letter_queue,
        "settings": consumer.settings,
        "type": "worker" if consumer.worker else "http_pull",
        **({"script": consumer.worker.name} if consumer.worker else {}),
    }


def _item(queue: StateNamespace, producers: Sequence[str], consumers: list[Json]) -> Json:
    created = timestamp(queue.created_at)
    return {
        "queue_id": queue.settings["id"],
        "queue_name": queue.title,
        "created_on": created,
        "modified_on": created,
        "producers": [{"type": "worker", "script": name} for name in producers],
        "producers_total_count": len(producers),
        "consumers": consumers,
        "consumers_total_count": len(consumers),
        "settings": {name: queue.settings[name] for name in queues.DEFAULTS},
    }


def _settings(given: QueueInput) -> Json:
    return given.settings.dict(exclude_none=True) if given.settings else {}


def _message(given: MessageInput, delay: int | None) -> Message:
    if given.content_type not in ("text", "json"):
        raise bad_request(messages.CONTENT_TYPE, INVALID)
    is_text = given.content_type == "text"
    if is_text and not isinstance(given.body, str):
        raise bad_request(messages.BODY_INVALID, INVALID)
    own = given.delay_seconds
    return Message(given.body, is_text, delay if own is None else own)


def _pulled(message: Json) -> Json:
    """As Cloudflare answers: text as it is, everything else in base64."""
    is_text = message["content_type"] == "text"
    return {
        "id": message["id"],
        "timestamp_ms": message["timestamp_ms"],
        "attempts": message["attempts"],
        "lease_id": message["lease_id"],
        "body": b64decode(message["body"]).decode() if is_text else message["body"],
        "metadata": {"CF-Content-Type": message["content_type"]},
    }


@contextmanager
def _errors() -> Iterator[None]:
    with namespace_errors(exists=EXISTS, invalid=INVALID), state_errors(INVALID):
        yield
