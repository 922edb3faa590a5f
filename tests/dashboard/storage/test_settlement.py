"""When a batch is due, and what becomes of its messages."""

import pytest
from hypothesis import given, strategies as st

from dashboard.storage.queues.settlement import (
    ConsumerSettings,
    HandlerResult,
    Message,
    _Retry,
    _RetryBatch,
    fitting,
    is_due,
    settle,
)

SETTINGS = ConsumerSettings(max_retries=2, retry_delay=5)


def messages(*attempts):
    return [
        Message(id=f"m{n}", lease_id=f"l{n}", attempts=count, content_type="json", body="AAAA")
        for n, count in enumerate(attempts, 1)
    ]


@pytest.mark.parametrize(
    ("count", "waited_ms", "due"),
    [(0, 9_000, False), (9, 4_999, False), (9, 5_000, True), (10, 0, True), (1, 60_000, True)],
)
def test_a_batch_is_due_when_it_is_full_or_has_waited(count, waited_ms, due):
    assert is_due(count, 1_000, ConsumerSettings(), 1_000 + waited_ms) is due


def test_at_least_one_message_fits():
    three = messages(1, 1, 1)
    assert [fitting(three, most) for most in (1, 4, 8, 11, 12)] == [1, 1, 2, 2, 3]
    assert fitting([], 1) == 0


def test_a_handler_that_returns_acknowledges_all_but_its_retries():
    result = HandlerResult(retry_messages=[_Retry("m2", 7), _Retry("m3")])
    settled = settle(messages(1, 1, 1), "ok", result, SETTINGS)
    assert settled.acks == ["l1"] and settled.retries == [("l2", 7), ("l3", 5)]


def test_retry_all_spares_what_was_acknowledged_by_name():
    batch = _RetryBatch(retry=True, delay_seconds=9)
    result = HandlerResult(
        explicit_acks=["m1"], retry_messages=[_Retry("m2", 0)], retry_batch=batch
    )
    settled = settle(messages(1, 1, 1), "ok", result, SETTINGS)
    assert settled.acks == ["l1"] and settled.retries == [("l2", 0), ("l3", 9)]


@pytest.mark.parametrize(
    "outcome", ["exception", "lost", "late", "broken", "noHandler", "canceled"]
)
def test_after_a_failure_messages_come_again_until_their_retries_are_used(outcome):
    result = HandlerResult(explicit_acks=["m1"])
    settled = settle(messages(3, 2, 3), outcome, result, SETTINGS)
    assert settled.acks == ["l1"] and settled.retries == [("l2", 5)]
    assert [message.id for message in settled.dead] == ["m3"]


@pytest.mark.parametrize("outcome", ["notDelivered", "unreachable", "unknown_version", "busy"])
def test_what_was_not_delivered_is_no_attempt(outcome):
    settled = settle(messages(9, 1), outcome, HandlerResult(), SETTINGS)
    assert settled.releases == ["l1", "l2"] and not settled.dead


@given(
    attempts=st.lists(st.integers(1, 6), max_size=8),
    outcome=st.sampled_from(["ok", "exception", "lost", "busy", "notDelivered", "odd"]),
    acked=st.sets(st.integers(1, 8)),
    retried=st.sets(st.integers(1, 8)),
    all_again=st.booleans(),
)
def test_each_message_has_exactly_one_end(attempts, outcome, acked, retried, all_again):
    result = HandlerResult(
        explicit_acks=[f"m{n}" for n in acked],
        retry_messages=[_Retry(f"m{n}") for n in retried],
        retry_batch=_RetryBatch(retry=all_again),
    )
    settled = settle(messages(*attempts), outcome, result, SETTINGS)
    ends = [*settled.acks, *settled.releases, *(lease for lease, _ in settled.retries)]
    ends += [message.lease_id for message in settled.dead]
    assert sorted(ends) == sorted(f"l{n}" for n in range(1, len(attempts) + 1))
