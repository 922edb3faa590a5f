"""Messages of tails, stored logs, and version ids in answers."""

import json
from datetime import UTC, datetime

import pytest

from dashboard.api.tail.trace_events import event, notice
from dashboard.cloud.proof.self_report import reported_version
from dashboard.cloud.proof.stored_logs import logs_of, query_of
from dashboard.cloud.proof.trace_message import Notice, parse_message
from dashboard.sending.answer import Answer

V1 = "d1c8a4f2-7b36-4e0d-9c51-2f8e60a7b913"
V2 = "7f3ae91b-7b36-4e0d-9c51-2f8e60a7b913"
REQUEST = {
    "url": "https://shop.example/a",
    "method": "GET",
    "headers": {"Sluice-Probe": "n1", "CF-Ray": "8f2c41d7e9a0b3c5-FRA"},
}


def message(**more):
    detail = {
        "wall_ms": 48,
        "truncated": False,
        "outcome": "ok",
        "worker": "shop",
        "entrypoint": "",
        "exceptions": [],
        "logs": [{"level": "log", "message": ["hi", 1]}],
        "started_on": 1_790_000_000.5,
        "event": {"request": REQUEST, "response": {"status": 200}},
        **more,
    }
    return json.dumps(event(detail, {"id": V1, "tag": "v1.42.0"}))


def test_what_our_own_api_sends():
    invocation = parse_message(message())
    given = invocation.event
    assert (given.nonce, given.ray, given.worker) == ("n1", "8f2c41d7e9a0b3c5", "shop")
    assert (given.version_id, given.tag, given.status, given.wall_ms) == (V1, "v1.42.0", 200, 48)
    assert given.at == datetime.fromtimestamp(1_790_000_000.5, UTC)
    assert invocation.method == "GET" and invocation.logs[0]["message"] == ["hi", 1]
    assert parse_message(json.dumps(notice(5))) is Notice.OVERLOAD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "null",
        b"\xff",
        "{}",
        '{"scriptName": "shop"}',
        '{"scriptName": "shop", "eventTimestamp": 1e300}',
        '{"scriptName": "shop", "eventTimestamp": 1, "event": 5}',
    ],
)
def test_other_messages_are_ignored(text):
    assert parse_message(text) is None


def test_events_that_are_no_requests():
    given = parse_message(message(event={"cron": "* * * * *"}))
    assert (given.event.nonce, given.event.ray, given.event.version_id) == ("", "", V1)
    assert parse_message(message(event=None)).event.status is None


def test_stored_logs():
    sent_at = datetime(2026, 11, 30, tzinfo=UTC)
    [filter_] = query_of("ray1", sent_at)["parameters"]["filters"]
    assert (filter_["key"], filter_["value"]) == ("$metadata.requestId", "ray1")
    one = {
        "$metadata": {"requestId": "ray1"},
        "$workers": {
            "scriptName": "shop",
            "scriptVersion": {"id": V1},
            "event": {"response": {"status": 500}},
        },
    }
    other = {"$metadata": {"requestId": "ray2"}, "$workers": one["$workers"]}
    bare = {"$metadata": {"requestId": "ray1"}}
    [log] = logs_of("ray1", {"events": {"events": [one, other, bare]}})
    assert (log.worker, log.version_id, log.status) == ("shop", V1, 500)


@pytest.mark.parametrize(
    ("headers", "body", "version"),
    [
        ([("x-version", V1)], b"", V1),
        ([], json.dumps({"a": {"version": V1.upper()}}).encode(), V1),
        ([("x-version", V1)], V2.encode(), V1),
        ([], f"{V1} {V2}".encode(), ""),
        ([("x-id", "00000000-0000-4000-8000-000000000000")], b"", ""),
        ([], b"\0binary", ""),
    ],
)
def test_a_version_that_the_answer_names(headers, body, version):
    assert reported_version(Answer("shop", 200, headers, body), {V1, V2}) == version
