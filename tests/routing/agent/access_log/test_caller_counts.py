"""Distinct callers by version and minute, in whatever pieces the log is read."""

import pytest
from hypothesis import given, strategies as st

from routing.agent.access_log.caller_counts import CallerMemory
from routing.agent.access_log.log_line import parse
from routing.agent.access_log.request_counts import Tally
from tests.routing.agent.access_log.test_log_rows import line

GROUP = [1795398480, "shop", "v1", "d1"]


def ship(memory, *lines):
    """What one batch says of callers; the control plane takes it."""
    tally = Tally()
    for raw in lines:
        tally.add(*parse(raw))
    rows = tally.told(memory)["callers"]
    memory.remember(tally.calls())
    return rows


def call(client="10.0.0.1", **fields):
    return line(client=client, **fields)


def test_one_caller_that_fails_ten_times_is_one_failing_caller():
    rows = ship(CallerMemory(), *[call(status=500)] * 10, call("10.0.0.2"))
    assert rows == [[*GROUP, 2, 1, 0]]


def test_a_caller_is_new_once_in_a_minute_whatever_the_batches():
    memory = CallerMemory()
    assert ship(memory, call(), call("10.0.0.2")) == [[*GROUP, 2, 0, 0]]
    assert ship(memory, call(), call("10.0.0.3")) == [[*GROUP, 1, 0, 0]]
    assert ship(memory, call(status=500)) == [[*GROUP, 0, 1, 0]]
    assert ship(memory, call(status=500)) == [[*GROUP, 0, 0, 0]]
    assert ship(memory, call(ts="1795398540.1"))[0][4:] == [1, 0, 0]


def test_what_was_not_taken_is_told_again():
    memory, tally = CallerMemory(), Tally()
    tally.add(*parse(call()))
    assert tally.told(memory)["callers"] == tally.told(memory)["callers"] != []


def test_the_version_key_tells_callers_apart_before_the_address():
    rows = ship(CallerMemory(), call(key="ann"), call(key="bob"), call("10.0.0.2", key="bob"))
    assert rows == [[*GROUP, 2, 0, 0]]


@pytest.mark.parametrize(
    "fields", [{"client": "127.0.0.1"}, {"listener": "internal"}, {"client": None}]
)
def test_a_caller_that_is_not_known_stands_for_one_of_its_own(fields):
    memory = CallerMemory()
    assert ship(memory, call(**fields), call(status=503, **fields)) == [[*GROUP, 2, 1, 2]]
    assert ship(memory, call(**fields)) == [[*GROUP, 1, 0, 1]]


@pytest.mark.parametrize(
    "fields",
    [
        {"listener": "proof"},
        {"route": "shop/preview"},
        {"route": "shop/rpc", "method": "CONNECT"},
        {"route": "no-worker"},
    ],
)
def test_requests_that_no_user_sent_have_no_callers(fields):
    assert ship(CallerMemory(), call(**fields)) == []


def test_a_4xx_is_the_callers_own():
    assert ship(CallerMemory(), call(status=404)) == [[*GROUP, 1, 0, 0]]


def test_memory_is_bounded_and_the_oldest_minutes_go_first():
    memory = CallerMemory(most=100)
    for minute in range(5):
        ship(memory, *[call(f"10.0.1.{n}", ts=f"{60 * minute}.0") for n in range(40)])
    assert [row[4] for row in ship(memory, call("10.0.1.1", ts="240.0"))] == [0]
    assert [row[4] for row in ship(memory, call("10.0.1.1", ts="0.0"))] == [1]


PIECES = st.lists(
    st.lists(
        st.builds(
            call,
            client=st.sampled_from(["10.0.0.1", "10.0.0.2", "127.0.0.1"]),
            status=st.sampled_from([200, 500]),
            version=st.sampled_from(["v1", "v2"]),
        ),
        max_size=8,
    ),
    max_size=5,
)


@given(pieces=PIECES)
def test_batches_add_up_to_what_one_batch_would_say(pieces):
    memory = CallerMemory()
    sums = {}
    for piece in pieces:
        for *group, callers, failing, unknown in ship(memory, *piece):
            before = sums.get(tuple(group), (0,) * 3)
            now = (callers, failing, unknown)
            sums[tuple(group)] = tuple(map(sum, zip(before, now, strict=True)))
    whole = ship(CallerMemory(), *[raw for piece in pieces for raw in piece])
    assert sums == {tuple(row[:4]): tuple(row[4:]) for row in whole}
