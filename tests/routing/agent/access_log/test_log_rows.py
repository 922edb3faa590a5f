"""Access-log lines become rows, or a sample of them."""

import json
import math
from collections import Counter

import pytest

from routing.agent.access_log.log_rows import Sampler, read


def line(**fields):
    known = {
        "line": "id-1",
        "ts": "1795398486.530911",
        "listener": "public",
        "status": 200,
        "ray": "921013af4141b6c9-DEV",
        "method": "GET",
        "host": "shop.localhost",
        "path": "/x",
        "us": 2070,
        "ms": 2,
        "version": "v1",
        "route": "shop/percentage",
        "outcome": None,
        "deployment": "d1",
        "flags": "-",
        "proto": "HTTP/1.1",
    }
    return json.dumps({**known, **fields}).encode()


def only_row(**fields):
    (row,) = read([line(**fields)], Sampler(10)).rows
    return row


def test_a_line_becomes_a_row():
    assert only_row() == {
        "request_id": "id-1",
        "ray": "921013af4141b6c9-DEV",
        "hop": "public",
        "worker": "shop",
        "version_id": "v1",
        "deployment_id": "d1",
        "reason": "percentage",
        "override": "absent",
        "method": "GET",
        "host": "shop.localhost",
        "path": "/x",
        "status": 200,
        "flags": "",
        "started_on": 1795398486.530911,
        "duration_us": 2070,
        "caller": "",
    }


@pytest.mark.parametrize(
    ("called_after", "ready_after", "waited_us"),
    [
        (0.001, 0.2, 200_000),  # it started the version
        (-0.1, 0.1, 100_000),  # it came while the version started for another
        (-0.3, -0.1, None),  # after the start
        (0.001, 0.4, 300_000),  # the agent noticed later that the version was ready
        (0.001, math.inf, 300_000),  # the agent has not noticed yet
        (0.5, 0.7, None),  # it ended before
        (-5.0, 0.2, 200_000),  # a slow start
    ],
)
def test_the_row_of_a_request_that_waited_for_its_version(called_after, ready_after, waited_us):
    began = 1795398486.5
    starts = {"v1": (began + called_after, began + ready_after)}
    raw = line(ts=f"{began:.6f}", us=300_000)
    (row,) = read([raw], Sampler(10), {}, starts.get).rows
    measured = row.get("cold_start_us")
    assert measured == (waited_us and pytest.approx(waited_us, abs=2))


@pytest.mark.parametrize(
    ("route", "told", "reason", "override"),
    [
        ("shop/override", "applied", "override", "applied"),
        ("shop/affinity", None, "affinity", "absent"),
        ("shop/affinity+checked", "unknown_version", "affinity", "unknown_version"),
        ("shop/percentage+checked", None, "percentage", "unavailable"),
        ("shop/percentage+checked", "not_propagated", "percentage", "not_propagated"),
    ],
)
def test_reasons_and_outcomes(route, told, reason, override):
    row = only_row(route=route, outcome=told)
    assert (row["reason"], row["override"]) == (reason, override)


def test_a_named_entrypoint_is_still_that_version():
    assert only_row(version="v1/Sums", listener="internal", caller="v9")["version_id"] == "v1"


def test_a_client_that_left_has_the_coarser_duration():
    assert only_row(us=None, ms=7, flags="DC")["duration_us"] == 7000


def test_what_no_worker_answered_is_no_invocation():
    lines = [line(route="no-worker"), line(route=None), line(route="shop/rpc", method="CONNECT")]
    found = read(lines, Sampler(10))
    assert (found.rows, found.sampled_out, found.lost) == ([], 0, 0)


def test_a_broken_line_is_counted():
    assert read([b'{"line": "cut', line(), b"", line(ts="?")], Sampler(10)).lost == 3


def test_ordinary_requests_are_sampled_by_their_own_second_and_counted():
    lines = [line(ts=f"{second}.{n:06}") for second in (10, 11) for n in range(100)]
    found = read(lines, Sampler(5))
    assert len(found.rows) == 10
    assert found.sampled_out == 190


def test_proof_is_never_sampled_out_and_overrides_have_their_own_budget():
    lines = [line(listener="proof"), line(route="shop/override"), line(route="shop/percentage")]
    found = read(lines * 10, Sampler(3))
    assert (len(found.rows), found.sampled_out) == (10 + 3 + 3, 14)
    kinds = Counter(row["override"] for row in found.rows if row["hop"] == "public")
    assert kinds == {"applied": 3, "absent": 3}


def test_the_sampler_remembers_two_minutes_only():
    sampler = Sampler(1)
    for second in range(1000):
        sampler.takes(second)
    assert len(sampler._taken) == 120
