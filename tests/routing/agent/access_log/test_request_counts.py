"""Counting every line: what is reported, and that tallies can be joined."""

import base64

import pytest
from fastdigest import TDigest
from hypothesis import given, strategies as st

from routing.agent.access_log.log_line import parse
from routing.agent.access_log.request_counts import Tally, error_kind
from tests.routing.agent.access_log.test_log_rows import line

MINUTE = 1795398480


def tally(*lines):
    found = Tally()
    for raw in lines:
        found.add(*parse(raw))
    return found


def test_requests_are_counted_by_all_that_tells_them_apart():
    told = tally(line(), line(), line(status=404), line(listener="internal")).told()
    assert told["counts"] == [
        [MINUTE, "shop", "v1", "d1", "external", "percentage", "absent", 2, "", 2],
        [MINUTE, "shop", "v1", "d1", "external", "percentage", "absent", 4, "4xx", 1],
        [MINUTE, "shop", "v1", "d1", "internal", "percentage", "absent", 2, "", 1],
    ]


def test_latency_is_one_sketch_for_a_version_and_minute():
    told = tally(line(us=1000), line(us=3000, status=500), line(us=2000, route="shop/affinity"))
    ((*key, requests, total, sketch),) = told.told()["latency"]
    assert key == [MINUTE, "shop", "v1", "external"]
    assert (requests, total) == (3, 6000)
    assert TDigest.from_bytes(base64.b64decode(sketch)).quantile(0.5) == 2000


def test_the_minute_is_that_in_which_the_request_came():
    minutes = [row[0] for row in tally(line(ts="59.9"), line(ts="60.0")).told()["counts"]]
    assert minutes == [0, 60]


def test_what_reached_no_worker_is_counted_without_a_name():
    (row,) = tally(line(route="no-worker", version=None, deployment=None, status=404)).told()[
        "counts"
    ]
    assert row == [MINUTE, "", "", "", "external", "", "absent", 4, "4xx", 1]


def test_a_connection_that_carries_rpc_is_no_request():
    told = tally(line(route="shop/rpc", method="CONNECT")).told()
    assert told == {"counts": [], "latency": [], "callers": []}


def test_a_crash_is_told_from_a_workers_own_500():
    crash = line(status=500, tx=21, typed=None)
    own = line(status=500, tx=21, typed="t")
    assert [row[8] for row in tally(crash, own).told()["counts"]] == [
        "5xx",
        "exception",
    ]


@pytest.mark.parametrize(
    ("status", "flags", "kind"),
    [
        (200, "-", ""),
        (302, "", ""),
        (404, "-", "4xx"),
        (503, "UF", "runtime"),
        (502, "-", "5xx"),
        (0, "DC", ""),
    ],
)
def test_errors_by_kind(status, flags, kind):
    assert error_kind(status, flags, crashed=False) == kind


LINES = st.lists(
    st.builds(
        line,
        ts=st.sampled_from(["60.1", "119.9", "120.0"]),
        status=st.sampled_from([200, 404, 500, 503]),
        version=st.sampled_from(["v1", "v2", "v2/Sums"]),
        route=st.sampled_from(["shop/percentage", "shop/override", "cart/affinity+checked"]),
        us=st.integers(0, 10**7),
        client=st.sampled_from(["127.0.0.1", "10.0.0.1", "10.0.0.2"]),
    ),
    max_size=30,
)


@given(pieces=st.lists(LINES, max_size=5), order=st.randoms())
def test_pieces_joined_in_any_order_say_the_same_as_the_whole(pieces, order):
    whole = tally(*[raw for piece in pieces for raw in piece]).told()
    shuffled = list(pieces)
    order.shuffle(shuffled)
    joined = Tally()
    for piece in shuffled:
        joined.join(tally(*piece))
    told = joined.told()
    assert told["counts"] == whole["counts"]
    assert told["callers"] == whole["callers"]
    assert [row[:-1] for row in told["latency"]] == [row[:-1] for row in whole["latency"]]
