"""The shape of a tail's events, and its filters."""

import pytest

from dashboard.api.tail.trace_events import FilterInvalid, event, notice, parse_filters

DETAIL = {
    "worker": "shop",
    "version_id": "v1",
    "outcome": "ok",
    "started_on": 1795378960.363,
    "wall_ms": 7,
    "entrypoint": "",
    "truncated": False,
    "logs": [{"level": "log", "message": ["a needle", {"b": 1}], "timestamp": 1}],
    "exceptions": [],
    "event": {
        "request": {
            "url": "http://shop.localhost/x",
            "method": "POST",
            "headers": {"cf-connecting-ip": "127.0.0.1", "x-wanted": "Yes please"},
            "cf": {},
        },
        "response": {"status": 200},
    },
}


def test_an_event_has_the_shape_that_wrangler_prints():
    said = event(DETAIL, {"id": "v1", "tag": "t"})
    assert said["eventTimestamp"] == 1795378960363 and said["wallTime"] == 7
    assert said["scriptName"] == "shop" and said["scriptVersion"] == {"id": "v1", "tag": "t"}
    assert "entrypoint" not in said and said["event"] == DETAIL["event"]
    assert event(DETAIL | {"entrypoint": "Named"}, {})["entrypoint"] == "Named"
    assert event(DETAIL | {"outcome": "new word"}, {})["outcome"] == "unknown"
    assert notice(3)["type"] == "overload"


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        ([], True),
        ([{"outcome": ["ok"]}], True),
        ([{"outcome": ["exception", "exceededCpu", "exceededMemory", "unknown"]}], False),
        ([{"method": ["GET", "post"]}], True),
        ([{"method": ["GET"]}], False),
        ([{"header": {"key": "X-Wanted"}}], True),
        ([{"header": {"key": "x-wanted", "query": "yes"}}], True),
        ([{"header": {"key": "x-wanted", "query": "no"}}], False),
        ([{"header": {"key": "x-other"}}], False),
        ([{"query": "needle"}], True),
        ([{"query": "hay"}], False),
        ([{"client_ip": ["self"]}], True),
        ([{"client_ip": ["192.0.2.1", "127.0.0.1"]}], True),
        ([{"client_ip": ["192.0.2.1"]}], False),
        ([{"scriptVersion": "v1"}], True),
        ([{"scriptVersion": "v"}], False),
        ([{"scriptVersion": "v1"}, {"method": ["GET"]}], False),
    ],
)
def test_all_filters_must_match_and_lists_match_any(given, passes):
    assert parse_filters(given, "127.0.0.1").match(DETAIL, 0.5) is passes


def test_a_sampling_rate_lets_its_part_pass():
    filters = parse_filters([{"sampling_rate": 0.5}], "")
    assert filters.match(DETAIL, 0.49) and not filters.match(DETAIL, 0.5)
    assert not parse_filters([{"sampling_rate": 0}], "").match(DETAIL, 0.0)


def test_rpc_has_no_request_and_so_no_method_or_header():
    call = DETAIL | {"event": {"rpcMethod": "add"}}
    assert parse_filters([{"query": "needle"}], "").match(call, 0)
    assert not parse_filters([{"method": ["POST"]}], "").match(call, 0)


@pytest.mark.parametrize(
    "given",
    [
        {"sampling_rate": 2},
        {"sampling_rate": "1"},
        {"outcome": "ok"},
        {"header": {}},
        {"header": "x"},
        {"new": 1},
        {"scriptVersion": 5},
    ],
)
def test_a_filter_that_cannot_be_is_refused(given):
    with pytest.raises(FilterInvalid, match="filters|sampling"):
        parse_filters([given], "")
