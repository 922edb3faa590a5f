"""Spans for an OpenTelemetry collector, when a setting says so."""

import gzip
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.exports.formats.traces import follow_setting
from dashboard.exports.models import TRACES, Job
from routing.secret_encryption import decrypt

pytestmark = pytest.mark.django_db


@pytest.fixture
def traces(settings, receiver):
    settings.OTLP_ENDPOINT = receiver.url.removesuffix("/logs")
    follow_setting(timezone.now())
    return Job.objects.get(dataset=TRACES)


def spans(receiver):
    return {
        span["spanId"]: (entry["resource"], span)
        for _, body in receiver.taken
        for entry in json.loads(gzip.decompress(body))["resourceSpans"]
        for span in entry["scopeSpans"][0]["spans"]
    }


def told(attributes):
    return {a["key"]: next(iter(a["value"].values())) for a in attributes}


def test_without_the_setting_there_is_no_job_and_nothing_is_sent(settings):
    settings.OTLP_ENDPOINT = ""
    follow_setting(timezone.now())
    assert not Job.objects.exists()


def test_a_request_and_the_call_it_made_are_one_trace(receiver, traces, traffic, step):
    [first] = traffic(path="/buy?card=1", status=502)
    [call] = traffic(
        ray=first.ray,
        hop="internal",
        caller=first.version_id,
        version_id="11111111-0000-4000-8000-000000000000",
        worker="pricing",
        started_on=first.started_on + timedelta(milliseconds=2),
    )
    traffic()
    assert step(traces)
    [(headers, _)] = receiver.taken
    assert headers["content-type"] == "application/json"
    found = {
        told(resource["attributes"])["service.name"]: s for resource, s in spans(receiver).values()
    }
    shop = next(s for _, s in spans(receiver).values() if s["status"] == {"code": 2})
    pricing = found["pricing"]
    assert pricing["traceId"] == shop["traceId"] and pricing["parentSpanId"] == shop["spanId"]
    assert shop["parentSpanId"] == "" and len(shop["traceId"]) == 32 and len(shop["spanId"]) == 16
    assert int(shop["endTimeUnixNano"]) - int(shop["startTimeUnixNano"]) == 12_000_000
    about = told(shop["attributes"])
    assert about["url.path"] == "/buy" and about["http.response.status_code"] == "502"
    assert about["sluice.reason"] == "percentage" and about["sluice.edge"] == "e1"
    assert len({s["traceId"] for _, s in spans(receiver).values()}) == 2


def test_a_call_with_the_ray_of_a_stranger_is_a_trace_of_its_own(receiver, traces, traffic, step):
    [first] = traffic(path="/buy")
    traffic(
        ray=first.ray,
        hop="internal",
        caller="22222222-0000-4000-8000-000000000000",
        worker="pricing",
        started_on=first.started_on + timedelta(milliseconds=2),
    )
    assert step(traces)
    traces_seen = {span["traceId"] for _, span in spans(receiver).values()}
    assert len(traces_seen) == 2


def test_the_job_follows_the_setting(settings, traces, traffic):
    settings.OTLP_ENDPOINT = ""
    follow_setting(timezone.now())
    assert not Job.objects.get().enabled
    rows = traffic(3)
    settings.OTLP_ENDPOINT = "http://127.0.0.1:4318/"
    follow_setting(timezone.now())
    job = Job.objects.get()
    assert job.enabled and job.cursor == rows[-1].pk
    assert job.redacted_destination == "http://127.0.0.1:4318/v1/traces"
    assert (
        decrypt(job.encrypted_destination).reveal().startswith("http://127.0.0.1:4318/v1/traces?")
    )
