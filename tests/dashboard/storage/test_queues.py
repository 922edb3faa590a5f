"""Queues through Cloudflare's API, with a real state process."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.storage.client import state_client
from routing.models import AuditEntry
from tests.dashboard.api.conftest import METADATA, Api
from tests.eventually import eventually

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(api: Api, request: pytest.FixtureRequest) -> str:
    """Its path. Each test has its own name: data outlives the test."""
    name = request.node.name.replace("_", "-")[:60].strip("-")
    return f"/queues/{api('POST', '/queues', {'queue_name': name}).result['queue_id']}"


def pull(api: Api, queue: str, **options: Any) -> list[dict[str, Any]]:
    return api("POST", queue + "/messages/pull", options).result["messages"]


def test_life_of_a_queue(api: Api) -> None:
    settings = {"delivery_delay": 3}
    made = api("POST", "/queues", {"queue_name": "jobs", "settings": settings}).result
    assert made["settings"] == {
        "delivery_delay": 3,
        "message_retention_period": 345_600,
        "delivery_paused": False,
    }
    assert api("POST", "/queues", {"queue_name": "jobs"}).refusal == (400, 11009)
    assert api("POST", "/queues", {"queue_name": "No_Name"}).refusal == (400, 11003)
    one = f"/queues/{made['queue_id']}"
    changed = api("PATCH", one, {"queue_name": "jobs", "settings": {"delivery_paused": True}})
    assert changed.result["settings"]["delivery_paused"]
    assert changed.result["settings"]["delivery_delay"] == 3
    assert api("PUT", one, {"settings": {"message_retention_period": 1}}).refusal == (400, 11003)
    assert api("PUT", one, {"queue_name": "other"}).refusal == (400, 90001)
    assert [q["queue_name"] for q in api("GET", "/queues?name=jobs").result] == ["jobs"]
    assert api("GET", "/queues?name=job").result == []
    assert api("DELETE", one).result is None
    assert api("GET", one).refusal == (404, 11000)
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert [a for a in actions if a.startswith("queue.")] == [
        "queue.create",
        "queue.change",
        "queue.delete",
    ]


def test_messages(api: Api, queue: str) -> None:
    assert api("POST", queue + "/messages", {"body": {"n": 1}}).result is None
    batch = [{"body": "two", "content_type": "text"}, {"body": 3, "delay_seconds": 3600}]
    assert api("POST", queue + "/messages/batch", {"messages": batch}).result is None
    first, second = pull(api, queue, batch_size=10)
    assert (first["body"], second["body"]) == ("eyJuIjogMX0=", "two")
    assert first["attempts"] == 1 and pull(api, queue) == []
    given = {
        "acks": [{"lease_id": first["lease_id"]}],
        "retries": [{"lease_id": second["lease_id"]}],
    }
    done = api("POST", queue + "/messages/ack", given).result
    assert done == {"ackCount": 1, "retryCount": 1}
    assert api("POST", queue + "/messages/ack", given).result == {"ackCount": 0, "retryCount": 0}
    [again] = pull(api, queue)
    assert (again["id"], again["attempts"]) == (second["id"], 2)


def test_a_lease_that_ends_is_an_attempt(api: Api, queue: str) -> None:
    api("POST", queue + "/messages", {"body": 1})
    [first] = pull(api, queue, visibility_timeout_ms=1)
    [second] = eventually(lambda: pull(api, queue, visibility_timeout_ms=60_000))
    assert (first["id"], first["attempts"]) == (second["id"], 1) and second["attempts"] == 2
    late = {"acks": [{"lease_id": first["lease_id"]}]}
    assert api("POST", queue + "/messages/ack", late).result["ackCount"] == 0


def test_a_paused_queue_delivers_nothing(api: Api, queue: str) -> None:
    api("POST", queue + "/messages", {"body": 1})
    api("PATCH", queue, {"settings": {"delivery_paused": True}})
    assert pull(api, queue) == []
    api("PATCH", queue, {"settings": {"delivery_paused": False}})
    assert len(pull(api, queue)) == 1


def test_purge(api: Api, queue: str) -> None:
    api("POST", queue + "/messages/batch", {"messages": [{"body": n} for n in range(100)]})
    api("POST", queue + "/purge", {"delete_messages_permanently": True})
    assert pull(api, queue) == []


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"body": "x" * 130_000}, (413, 11003)),
        ({"body": 1, "content_type": "text"}, (400, 11003)),
        ({"body": 1, "content_type": "v8"}, (400, 11003)),
        ({"body": 1, "delay_seconds": 86_401}, (400, 10026)),
    ],
)
def test_refused_messages(api: Api, body: Any, refusal: tuple[int, int]) -> None:
    queues = api("GET", "/queues?name=refused").result
    made = queues[0] if queues else api("POST", "/queues", {"queue_name": "refused"}).result
    one = f"/queues/{made['queue_id']}"
    assert api("POST", one + "/messages", body).refusal == refusal


def test_a_queue_made_again_is_empty(api: Api) -> None:
    for _ in range(2):
        made = api("POST", "/queues", {"queue_name": "again"}).result
        one = f"/queues/{made['queue_id']}"
        assert pull(api, one) == []
        api("POST", one + "/messages", {"body": 1})
        api("DELETE", one)
    assert state_client().request("queue", "other", "POST", "/peek", json={}).status_code == 200


def test_producers(api: Api, queue: str) -> None:
    binding = {"name": "JOBS", "type": "queue", "queue_name": "missing"}
    refused = api.put("shop", METADATA | {"bindings": [binding]})
    assert refused.refusal == (400, 11000) and "missing" in refused.message
    name = api("GET", queue).result["queue_name"]
    assert api.put("shop", METADATA | {"bindings": [binding | {"queue_name": name}]}).status == 200
    shown = api("GET", queue).result
    assert shown["producers"] == [{"type": "worker", "script": "shop"}]
    assert shown["producers_total_count"] == 1 and shown["consumers"] == []
    delayed = binding | {"queue_name": name, "delivery_delay": 5}
    assert api.post("shop", METADATA | {"bindings": [delayed]}).refusal == (400, 90001)
