"""Send and prove: whatever the other side does, an outcome comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.sending import send as sending
from dashboard.sending.deadline import Cancellation
from dashboard.sending.outcome import confirm, send_and_prove
from dashboard.sending.wire_request import OVERRIDES, SendFailed, get, proof_edges
from routing.models import Edge, Worker
from tests.dashboard.playground.fake_edge import RAY, FakeEdge, fake_edge
from tests.factories import make_deployment, make_edge, make_invocation, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener() -> Iterator[FakeEdge]:
    with fake_edge() as server:
        yield server


@pytest.fixture
def edge(listener: FakeEdge) -> Edge:
    return make_edge(proof_url=listener.url)


@pytest.fixture
def shop() -> Worker:
    worker = make_worker("shop")
    make_deployment(worker)
    return worker


def test_the_log_says_which_version_ran(edge: Edge, shop: Worker, listener: FakeEdge) -> None:
    listener.headers.append(("x-sluice-version", "what the listener stamped"))
    line = make_invocation(edge, shop.deployments.get(), ray=RAY)
    outcome = send_and_prove(get("shop", edge), wait=0)
    assert outcome.proved
    assert outcome.version_id == line.version_id
    assert outcome.answer is not None and outcome.answer.status == 200


def test_without_a_log_line_the_stamp_is_all_there_is(edge: Edge, listener: FakeEdge) -> None:
    listener.headers.append(("x-sluice-version", "abc"))
    outcome = send_and_prove(get("shop", edge), wait=0)
    assert (outcome.proved, outcome.version_id) == (False, "abc")


def test_no_answer_is_an_outcome_too() -> None:
    away = Edge(name="away", proof_url="http://127.0.0.1:1/")
    outcome = send_and_prove(get("shop", away), wait=0)
    assert outcome.answer is None
    assert outcome.failure is not None and outcome.failure.title == "The edge is away"
    assert outcome.version_id == ""


def test_a_pinned_request_keeps_members_for_other_workers(edge: Edge) -> None:
    wire = get("shop", edge).with_override('pricing="p"').pinned_to("v")
    assert dict(wire.lines)[OVERRIDES] == 'pricing="p", shop="v"'
    broken = get("shop", edge).with_override("pricing=(").pinned_to("v")
    assert dict(broken.lines)[OVERRIDES] == 'shop="v"'


def test_the_same_request_goes_through_another_edge(edge: Edge) -> None:
    other = Edge(name="local-2", proof_url="http://127.0.0.1:9/")
    wire = get("shop", edge).through(other)
    assert (wire.edge, wire.address) == ("local-2", ("127.0.0.1", 9))
    with pytest.raises(SendFailed):
        wire.through(Edge(name="far", proof_url="http://192.0.2.1:80/"))


def test_only_edges_that_can_prove_are_asked(edge: Edge) -> None:
    make_edge("silent", proof_url="", last_seen_on=edge.last_seen_on)
    make_edge("never", proof_url=edge.proof_url, last_seen_on=None)
    assert [e.name for e in proof_edges()] == ["local-1"]


def test_nothing_is_sent_or_waited_for_when_nobody_waits(
    edge: Edge, shop: Worker, listener: FakeEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Cancellation()
    left.cancel()
    outcome = send_and_prove(get("shop", edge), wait=30, cancellation=left)
    assert outcome.problem == "Not sent: The browser left." and listener.requests == []
    listener.tick = b"tick"
    later, read = Cancellation(), sending.read_body

    def leave_while_reading(*arguments: Any) -> Any:
        threading.Timer(0.05, later.cancel).start()
        return read(*arguments)

    monkeypatch.setattr(sending, "read_body", leave_while_reading)
    began = time.monotonic()
    outcome = send_and_prove(get("shop", edge), wait=30, cancellation=later)
    assert outcome.answer is not None and outcome.answer.ended_by == "cancelled"
    assert time.monotonic() - began < 5


def test_many_are_confirmed_or_contradicted_at_once(edge: Edge, shop: Worker) -> None:
    made = shop.deployments.get()
    for ray, version in (("a", "one"), ("b", "two")):
        make_invocation(edge, made, ray=ray, version_id=version)
    assert confirm("shop", {"a": "one", "b": "one", "c": "one"}, wait=0) == (2, ["b"])
