"""Consumers of queues, with a real state process; the test plays the agent of an edge."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from dashboard.events import rows
from dashboard.storage.queues.delivery import QueueDelivery
from routing.agent.inspection.inspection import Inspection
from routing.event_delivery import EventAnswer
from routing.models import AuditEntry, Edge, QueueConsumer, Worker, WorkerEvent
from routing.snapshot import Export
from tests.dashboard.api.conftest import Api
from tests.dashboard.events.makers import delivering_edge
from tests.eventually import eventually
from tests.factories import make_deployment, make_version

pytestmark = pytest.mark.django_db


def takes_messages(*_: Any, **__: Any) -> Inspection:
    default = Export(name="default", kind="object", handlers=("fetch", "queue"))
    return Inspection(exports=(default,), startup_ms=3)


@pytest.fixture
def worker() -> Worker:
    version = make_version("mailer", inspect=takes_messages)
    make_deployment(version.worker)
    return version.worker


@pytest.fixture
def edge() -> Edge:
    return delivering_edge(now=timezone.now())


@pytest.fixture
def queue(api: Api, request: pytest.FixtureRequest) -> str:
    """Its path; and a dead letter queue `<name>-dead`."""
    name = request.node.name.replace("_", "-")[:50].strip("-")
    api("POST", "/queues", {"queue_name": f"{name}-dead"})
    return f"/queues/{api('POST', '/queues', {'queue_name': name}).result['queue_id']}"


def consume(api: Api, queue: str, **settings: Any) -> dict[str, Any]:
    """Without a wait for more messages."""
    name = api("GET", queue).result["queue_name"]
    return api(
        "POST",
        queue + "/consumers",
        {
            "type": "worker",
            "script_name": "mailer",
            "dead_letter_queue": f"{name}-dead",
            "settings": {"max_wait_time_ms": 0, **settings},
        },
    ).result


def delivered(edge: Edge) -> tuple[str, list[dict[str, Any]]]:
    """The event that the edge gets, and its messages."""
    [delivery] = rows.take(edge.pk, "socket", timezone.now())
    payload = json.loads(delivery.payload)
    return delivery.id, payload["messages"]


def answer(edge: Edge, event_id: str, outcome: str = "ok", **result: Any) -> None:
    body = msgspec.json.encode(EventAnswer(outcome=outcome, result=json.dumps(result).encode()))
    assert rows.answer(edge.pk, event_id, body, timezone.now())


def backlog(api: Api, queue: str) -> int:
    pulled = api("POST", queue + "/messages/pull", {"batch_size": 1, "visibility_timeout_ms": 0})
    return pulled.result["message_backlog_count"]


def test_life_of_a_consumer(api: Api, queue: str, worker: Worker) -> None:
    made = consume(api, queue, max_retries=7)
    assert made["script"] == "mailer" and "service" not in made
    assert made["settings"] == {
        "batch_size": 10,
        "max_wait_time_ms": 0,
        "max_retries": 7,
        "retry_delay": 0,
        "max_concurrency": None,
    }
    assert api("GET", queue).result["consumers"] == [made]
    assert api("GET", queue + "/consumers").result == [made]
    given = {"type": "worker", "script_name": "mailer"}
    assert api("POST", queue + "/consumers", given).refusal == (400, 11004)
    one = f"{queue}/consumers/{made['consumer_id']}"
    changed = api("PUT", one, given | {"settings": {"batch_size": 50}}).result
    assert (changed["settings"]["batch_size"], changed["settings"]["max_retries"]) == (50, 3)
    assert changed["dead_letter_queue"] == "" and api("GET", one).result == changed
    for wrong, code in [
        ({"settings": {"batch_size": 101}}, 100127),
        ({"dead_letter_queue": "none"}, 11000),
    ]:
        assert api("PUT", one, given | wrong).refusal == (400, code)
    assert api("PUT", one, {"type": "worker", "script_name": "nobody"}).refusal[0] == 404
    assert api("DELETE", one).result is None
    assert api("GET", one).refusal == (404, 11000)
    assert api("POST", queue + "/consumers", {"type": "http_pull"}).result["type"] == "http_pull"
    entries = AuditEntry.objects.filter(action__contains="consumer").order_by("pk")
    assert [entry.action for entry in entries] == [
        *["queue.consumer"] * 2,
        *("queue.remove_consumer", "queue.consumer"),
    ]


def test_messages_go_to_the_worker_and_are_acknowledged(
    api: Api, queue: str, worker: Worker, edge: Edge
) -> None:
    consume(api, queue)
    batch = [{"body": {"n": 1}}, {"body": "two", "content_type": "text"}]
    api("POST", queue + "/messages/batch", {"messages": batch})
    work = QueueDelivery(lambda: 0.0)
    work.look(timezone.now())
    event_id, messages = delivered(edge)
    assert [b64decode(m["body"]) for m in messages] == [b'{"n": 1}', b"two"]
    assert [(m["contentType"], m["attempts"]) for m in messages] == [("json", 1), ("text", 1)]
    stored = WorkerEvent.objects.get()
    assert "two" not in stored.payload and stored.version.worker == worker
    work.look(timezone.now())
    assert WorkerEvent.objects.count() == 1  # the messages are leased
    answer(edge, event_id)
    work.look(timezone.now())
    stored.refresh_from_db()
    assert stored.payload == "" and stored.settled_at and backlog(api, queue) == 0


def test_retries_then_dead_letters(api: Api, queue: str, worker: Worker, edge: Edge) -> None:
    consume(api, queue, max_retries=1)
    api("POST", queue + "/messages/batch", {"messages": [{"body": n} for n in range(3)]})
    work = QueueDelivery(lambda: 0.0)
    work.look(timezone.now())
    event_id, messages = delivered(edge)
    answer(edge, event_id, "exception", explicitAcks=[messages[0]["id"]])
    eventually(lambda: work.look(timezone.now()) or WorkerEvent.objects.count() == 2)
    event_id, again = delivered(edge)
    assert [(m["id"], m["attempts"]) for m in again] == [(m["id"], 2) for m in messages[1:]]
    retry = [{"msgId": again[0]["id"], "delaySeconds": 0}]
    answer(edge, event_id, "ok", retryMessages=retry)
    work.look(timezone.now())
    assert backlog(api, queue) == 0
    name = api("GET", queue).result["queue_name"]
    [dead] = api("GET", f"/queues?name={name}-dead").result
    path = f"/queues/{dead['queue_id']}/messages/pull"
    [letter] = api("POST", path, {}).result["messages"]
    assert b64decode(letter["body"]) == b64decode(again[0]["body"])


def test_what_no_edge_takes_comes_again_and_is_no_attempt(
    api: Api, queue: str, worker: Worker, edge: Edge
) -> None:
    consume(api, queue)
    api("POST", queue + "/messages", {"body": 1})
    work = QueueDelivery(lambda: 0.0)
    work.look(timezone.now())
    WorkerEvent.objects.update(ended_at=timezone.now(), outcome="notDelivered")
    eventually(lambda: work.look(timezone.now()) or WorkerEvent.objects.count() == 2)
    _, [message] = delivered(edge)
    assert message["attempts"] == 1


def test_without_an_edge_or_a_full_batch_nothing_is_leased(
    api: Api, queue: str, worker: Worker
) -> None:
    consume(api, queue, max_wait_time_ms=60_000, batch_size=2)
    api("POST", queue + "/messages", {"body": 1})
    work = QueueDelivery(lambda: 0.0)
    work.look(timezone.now())
    delivering_edge(now=timezone.now())
    work.look(timezone.now())
    assert not WorkerEvent.objects.exists()
    api("POST", queue + "/messages", {"body": 2})
    work.look(timezone.now())
    assert WorkerEvent.objects.count() == 1


def test_at_most_so_many_batches_at_a_time(
    api: Api, queue: str, worker: Worker, edge: Edge
) -> None:
    consume(api, queue, batch_size=1, max_concurrency=2)
    api("POST", queue + "/messages/batch", {"messages": [{"body": n} for n in range(4)]})
    work = QueueDelivery(lambda: 0.0)
    work.look(timezone.now())
    assert WorkerEvent.objects.count() == 2
    deliveries = rows.take(edge.pk, "socket", timezone.now())
    answer(edge, deliveries[0].id)
    work.look(timezone.now())
    assert WorkerEvent.objects.count() == 3


def test_one_process_drives_a_consumer_until_its_time_is_over(
    api: Api, queue: str, worker: Worker, edge: Edge
) -> None:
    consume(api, queue)
    first, second = QueueDelivery(lambda: 0.0), QueueDelivery(lambda: 0.0)
    now = timezone.now()
    first.look(now)
    api("POST", queue + "/messages", {"body": 1})
    second.look(now + timedelta(seconds=1))
    assert not WorkerEvent.objects.exists()
    Edge.objects.update(last_seen_on=now + timedelta(seconds=16))
    second.look(now + timedelta(seconds=16))
    assert WorkerEvent.objects.count() == 1
    assert QueueConsumer.objects.get().driver == second._name


def test_a_batch_that_cannot_be_decrypted_ends_and_delays_no_other(
    api: Api, queue: str, worker: Worker, edge: Edge
) -> None:
    consume(api, queue, batch_size=1)
    api("POST", queue + "/messages/batch", {"messages": [{"body": n} for n in range(2)]})
    work = QueueDelivery(lambda: 0.0)
    work.look(timezone.now())
    broken, whole = WorkerEvent.objects.order_by("scheduled_at")
    WorkerEvent.objects.filter(pk=broken.pk).update(payload="v1:nonsense")
    [delivery] = rows.take(edge.pk, "socket", timezone.now())
    assert delivery.id == str(whole.pk)
    answer(edge, delivery.id)
    work.look(timezone.now())
    assert not WorkerEvent.objects.filter(settled_at=None).exists()
    assert WorkerEvent.objects.get(pk=broken.pk).outcome == "notDelivered"
