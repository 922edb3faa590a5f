"""From what workerd tells to what is stored."""

import json

import pytest

from routing.agent.worker_logs.detail import Source, detail
from routing.agent.worker_logs.redact import Masks

SOURCE = Source("shop", "v1", Masks([("KEY", "hunter22")]))
ITEM = {
    "wallTime": 0,
    "cpuTime": 0,
    "truncated": False,
    "executionModel": "stateless",
    "outcome": "ok",
    "scriptName": None,
    "diagnosticsChannelEvents": [],
    "exceptions": [],
    "logs": [],
    "eventTimestamp": 1795378960363,
    "event": {
        "request": {
            "url": "http://app.example.com/throw?a=b",
            "method": "GET",
            "headers": {
                "authorization": "Bearer x",
                "cf-ray": "921013af4141b6c9-DEV",
                "x-edge-proto": "http",
            },
            "cf": {"colo": "DEV"},
        },
        "response": {"status": 200},
    },
    "end": 1795378960400,
}


def of(watched=False, **changed):
    raw = json.dumps(ITEM | changed).encode()
    return detail(raw, SOURCE, item_id="b-1", watched=watched)


def test_a_quiet_request_is_not_kept_and_says_nothing_of_itself():
    found = of()
    assert not found["keep"] and "event" not in found
    assert (found["ray"], found["path"], found["wall_ms"]) == ("921013af4141b6c9-DEV", "/throw", 37)
    assert "Bearer" not in json.dumps(found) and "a=b" not in json.dumps(found)


def test_who_looks_gets_the_request_redacted():
    event = of(watched=True)["event"]
    assert event["request"]["url"] == "http://app.example.com/throw?a=b"
    assert event["request"]["headers"] == {
        "authorization": "REDACTED",
        "cf-ray": "921013af4141b6c9-DEV",
    }
    assert event["response"] == {"status": 200} and event["request"]["cf"] == {"colo": "DEV"}


def test_console_lines_are_kept_and_secrets_in_them_masked():
    lines = [{"level": "log", "timestamp": 5, "message": ["key", "hunter22", {"a": ["hunter22"]}]}]
    found = of(logs=lines)
    assert found["keep"]
    assert found["logs"][0]["message"] == ["key", "[secret KEY]", {"a": ["[secret KEY]"]}]


def test_an_exception_keeps_its_stack():
    error = {"name": "Error", "message": "hunter22!", "stack": "    at x (y:1:2)", "timestamp": 6}
    found = of(outcome="exception", exceptions=[error])
    assert found["keep"] and found["outcome"] == "exception"
    assert found["exceptions"] == [error | {"message": "[secret KEY]!"}]


def test_a_client_that_left_is_told_apart_from_an_answer():
    event = {"request": ITEM["event"]["request"]}
    found = of(event=event)
    assert found["outcome"] == "canceled" and not found["keep"]


def test_rpc_has_a_method_and_an_entrypoint_and_is_always_kept():
    found = of(event={"rpcMethod": "add"}, entrypoint="Named", watched=True)
    assert (found["rpc_method"], found["entrypoint"], found["keep"]) == ("add", "Named", True)
    assert found["event"] == {"rpcMethod": "add"}


def test_an_alarm_has_the_class_of_its_object():
    event = {"alarm": True, "scheduledTime": 1_795_380_000_000}
    found = of(event=event, entrypoint="Counter")
    assert (found["trigger"], found["trigger_name"]) == ("alarm", "Counter")
    assert (found["scheduled_at"], found["keep"]) == (1_795_380_000, True)


def test_a_cron_event_has_its_minute_and_is_always_kept():
    event = {"cron": "* * * * *", "scheduledTime": 1_795_380_000_000}
    found = of(event=event, watched=True)
    assert (found["trigger"], found["trigger_name"]) == ("cron", "* * * * *")
    assert found["scheduled_at"] == 1_795_380_000 and found["keep"] and found["event"] == event
    odd = of(event={"cron": 5, "scheduledTime": "x"})
    assert (odd["trigger_name"], odd["scheduled_at"]) == ("5", 0)


def test_a_queue_event_has_its_queue():
    event = {"queue": "jobs", "batchSize": 3}
    found = of(event=event, watched=True)
    assert (found["trigger"], found["trigger_name"]) == ("queue", "jobs") and found["keep"]
    assert found["event"] == event
    assert of()["trigger"] == "" and of(event={"rpcMethod": "add"})["trigger"] == ""


def test_much_is_cut_and_said_to_be():
    found = of(logs=[{"level": "log", "message": ["x" * 9000]}] * 300)
    assert found["truncated"] and len(found["logs"]) <= 128
    assert len(json.dumps(found)) < 64 * 1024
    assert of(exceptions=[{"name": "E", "message": "m" * 9999, "stack": "s" * 99_999}] * 50)[
        "truncated"
    ]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"logs": 5}', b'"x"'])
def test_what_makes_no_sense_is_refused(raw):
    with pytest.raises(ValueError):
        detail(raw, SOURCE, item_id="b-1", watched=False)


def test_whatever_a_worker_prints_does_not_break_it():
    odd = [None, 5, [], {"": None}, "\ud800", "\0"]
    found = of(logs=[{"level": "log", "message": odd}, {"level": "log", "message": "alone"}, {}])
    shown = [None, 5, [], {"": None}, "?", "\0"]
    assert [line["message"] for line in found["logs"]] == [shown, ["alone"], [None]]
