"""Batches over HTTP, as agents send them: rows and counts in one transaction."""

import msgspec
import pytest
from django.db.models import Sum
from django.test import Client

from dashboard.edges.protocol.registration import register_edge
from dashboard.observability.models import Count, Span
from routing.models import Invocation
from tests.dashboard.edges.test_protocol import ROW
from tests.dashboard.observability.batches import make_batch, places, request
from tests.factories import T0

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch):
    """The batches are of a day long past, which the server would prune at once."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: T0)


@pytest.fixture
def send():
    client = Client(headers={"authorization": f"Bearer {register_edge('e1')}"})

    def post(*logged, rows=(), **given):
        said = {**msgspec.to_builtins(make_batch(*logged, **given)), "rows": list(rows)}
        body = msgspec.json.encode(said)
        return client.post("/edge/v1/invocations", body, content_type="application/json")

    return post


def total():
    counted = Count.objects.filter(span=Span.MINUTE)
    return counted.aggregate(n=Sum("requests"))["n"] or 0


def test_a_batch_is_taken_once(send):
    for _ in range(3):
        assert send(request(), request(), rows=[ROW]).status_code == 204
    assert total() == 2 and Invocation.objects.count() == 1


def test_a_batch_that_begins_elsewhere_is_told_the_places(send):
    send(request(), request())
    answer = send(request(), request(), request(), rows=[ROW])
    assert answer.status_code == 409
    assert answer.json()["places"] == {"public": [0, 200, 2]}
    assert total() == 2 and not Invocation.objects.exists()


def test_counts_that_make_no_sense_store_no_rows_either(send):
    answer = send(request(), rows=[ROW], begins=3, ends=places(1))
    assert answer.status_code == 400 and "places" in answer.json()["error"]
    assert total() == 0 and not Invocation.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"counts": [[1]]}, {"latency": "x"}, {"begins": {"public": [0, 0]}}, {"log": "x" * 33}],
)
def test_counts_of_another_shape_are_refused(send, wrong):
    client = Client(headers={"authorization": f"Bearer {register_edge('e2')}"})
    said = {**msgspec.to_builtins(make_batch(request())), "rows": [], **wrong}
    body = msgspec.json.encode(said)
    answer = client.post("/edge/v1/invocations", body, content_type="application/json")
    assert answer.status_code == 400 and total() == 0
