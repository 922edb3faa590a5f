"""Workers Observability over stored requests: events, counts by version, keys, values."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.api.analytics import telemetry_events
from routing.models import InvocationDetail
from tests.factories import make_deployment, make_edge, make_invocation, make_worker

TELEMETRY = "/workers/observability/telemetry"


@pytest.fixture
def requests(db):
    """Nine good requests and one with 503 and a console line; one of a version URL."""
    edge, deployment = make_edge(), make_deployment(make_worker())
    now = timezone.now()
    for number in range(9):
        make_invocation(
            edge,
            deployment,
            hop="public",
            started_on=now - timedelta(seconds=10 + number),
            duration_us=(number + 1) * 1000,
        )
    failed = make_invocation(
        edge, deployment, hop="public", status=503, ray="00f00d00f00d00f0-FRA", path="/pay?card=1"
    )
    make_invocation(edge, deployment, hop="public", reason="preview")
    InvocationDetail.objects.create(
        edge=edge,
        detail_id="d",
        ray=failed.ray,
        worker="shop",
        version_id=failed.version_id,
        outcome="exception",
        started_on=failed.started_on,
        wall_ms=3,
        logs=[{"level": "warn", "message": ["card", {"n": 1}], "timestamp": 1}],
        exceptions=[{"name": "Error", "message": "no card"}],
    )
    return failed


def body(view="events", filters=(), **parameters):
    now = timezone.now().timestamp() * 1000
    return {
        "queryId": "q",
        "view": view,
        "timeframe": {"from": now - 3_600_000, "to": now + 60_000},
        "parameters": {
            "datasets": ["cloudflare-workers"],
            "filters": [
                {"key": key, "operation": how, "value": value} for key, how, value in filters
            ],
            **parameters,
        },
    }


REQUESTS = ("$metadata.type", "eq", "cf-worker-event")


def test_one_filter_finds_the_invocation_and_its_version(api, requests):
    answer = api(
        "POST",
        f"{TELEMETRY}/query",
        body(filters=[("$metadata.requestId", "eq", "00f00d00f00d00f0")]),
    )
    events = answer.result["events"]["events"]
    request, line = sorted(events, key=lambda e: e["$metadata"]["type"], reverse=True)
    assert request["$workers"]["scriptVersion"]["id"] == requests.version_id
    assert request["$workers"]["event"]["response"]["status"] == 503
    assert request["$workers"]["outcome"] == "exception"
    assert request["$metadata"]["error"] == "no card"
    assert line["$metadata"]["level"] == "warn" and "card" in line["source"]["message"]


def test_statuses_are_counted_by_version(api, requests):
    asked = body(
        "calculations",
        [REQUESTS],
        groupBys=[
            {"value": "$workers.scriptVersion.id", "type": "string"},
            {"value": "$workers.event.response.status", "type": "number"},
        ],
        calculations=[{"operator": "count"}, {"operator": "p99", "key": "$workers.wallTimeMs"}],
    )
    counts, slowest = api("POST", f"{TELEMETRY}/query", asked).result["calculations"]
    version = requests.version_id
    assert [
        ([g["value"] for g in row["groups"]], row["value"]) for row in counts["aggregates"]
    ] == [
        ([version, 200], 9),
        ([version, 503], 1),
    ]
    assert {row["sampleInterval"] for row in counts["aggregates"]} == {1}
    assert max(row["value"] for row in slowest["aggregates"]) == 12


def test_of_too_many_requests_a_sample_is_used_and_named(api, requests, monkeypatch):
    monkeypatch.setattr(telemetry_events, "MOST", 5)
    [count] = api("POST", f"{TELEMETRY}/query", body("calculations", [REQUESTS])).result[
        "calculations"
    ]
    [total] = count["aggregates"]
    assert total["sampleInterval"] == 2
    assert total["value"] == total["count"] in (8, 10, 12)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (("$workers.event.response.status", "gte", 500), 1),
        (("$workers.event.response.status", "eq", "503"), 1),
        (("$workers.event.response.status", "!=", 200), 1),
        (("$metadata.trigger", "starts_with", "GET /pay"), 1),
        (("$metadata.trigger", "not_includes", "pay"), 9),
        (("$metadata.error", "is_null", None), 9),
        (("$metadata.error", "exists", None), 1),
        (("$workers.scriptName", "IN", "mail, shop"), 10),
        (("$workers.scriptName", "eq", "mail"), 0),
        (("$metadata.requestId", "eq", "%"), 0),
    ],
)
def test_filters(api, requests, condition, count):
    asked = body(filters=[REQUESTS, condition])
    assert api("POST", f"{TELEMETRY}/query", asked).result["events"]["count"] == count


def test_groups_of_filters_and_texts(api, requests):
    either = {
        "kind": "group",
        "filterCombination": "or",
        "filters": [
            {"key": "$metadata.error", "operation": "exists", "type": "string"},
            {"key": "$workers.wallTimeMs", "operation": "eq", "type": "number", "value": 9},
        ],
    }
    asked = body()
    asked["parameters"]["filters"] = [either]
    assert api("POST", f"{TELEMETRY}/query", asked).result["events"]["count"] == 2
    asked = body(needle={"value": "CARD"})
    assert api("POST", f"{TELEMETRY}/query", asked).result["events"]["count"] == 2


@pytest.mark.parametrize(
    "change",
    [
        {"timeframe": {"from": 2, "to": 1}},
        {"view": "agents"},
        {"parameters": {"filters": [{"key": "a", "operation": "regex", "value": "(a+)+"}]}},
        {"parameters": {"needle": {"value": "a", "isRegex": True}}},
        {"parameters": {"filters": [{"key": "a", "operation": "gt", "value": "x"}]}},
        {"view": "calculations", "parameters": {"calculations": [{"operator": "sum"}]}},
        {"view": "calculations", "parameters": {"calculations": [{"operator": "x", "key": "y"}]}},
    ],
)
def test_what_cannot_be_answered_is_refused(api, requests, change):
    assert api("POST", f"{TELEMETRY}/query", body() | change).refusal == (400, 10026)


def test_events_page_by_the_id_of_the_last_one(api, requests):
    asked = body(filters=[REQUESTS]) | {"limit": 6}
    first = api("POST", f"{TELEMETRY}/query", asked).result["events"]["events"]
    asked["offset"] = first[-1]["$metadata"]["id"]
    second = api("POST", f"{TELEMETRY}/query", asked).result["events"]["events"]
    assert len({e["$metadata"]["id"] for e in first + second}) == 10


def test_keys_and_values(api, requests):
    keys = {item["key"]: item["type"] for item in api("POST", f"{TELEMETRY}/keys", {}).result}
    assert keys["$workers.event.response.status"] == "number"
    assert keys["$workers.scriptVersion.id"] == "string"
    frame = body()["timeframe"]
    asked = {"key": "$metadata.statusCode", "type": "number", "timeframe": frame, "datasets": []}
    values = api("POST", f"{TELEMETRY}/values", asked).result
    assert [item["value"] for item in values] == [503, 200]


def test_the_number_of_queries_is_constant(api, requests, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        api("POST", f"{TELEMETRY}/query", body("calculations", [REQUESTS]))


def test_cloudflares_sdk_reads_the_answer(api, requests):
    from cloudflare.types.workers.observability import TelemetryQueryResponse

    result = api("POST", f"{TELEMETRY}/query", body(filters=[REQUESTS])).result
    read = TelemetryQueryResponse.model_validate(result)
    assert read.events.events[0].workers.script_version.id == requests.version_id
    result = api("POST", f"{TELEMETRY}/query", body("calculations", [REQUESTS])).result
    assert TelemetryQueryResponse.model_validate(result).calculations[0].aggregates[0].value == 10
