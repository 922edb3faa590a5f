"""Lines arrive: over HTTP, in buckets, in files; whole, once, in the form that was asked for."""

import gzip
import json

import pytest

from dashboard.exports.delivery import senders
from dashboard.exports.models import Job
from routing.models import Invocation, InvocationDetail

pytestmark = pytest.mark.django_db


def test_a_record_names_the_version_that_ran_and_why(receiver, make_job, traffic, step):
    job = make_job(receiver.url)
    [row] = traffic(host="shop.localhost", path="/a?b=1")
    assert step(job)
    [record] = receiver.lines()
    version = traffic.deployment.shares.get().version
    assert record["ScriptVersion"] == {"id": str(version.id), "tag": "", "message": ""}
    assert record["ScriptName"] == "shop" and record["Outcome"] == "ok"
    assert record["Event"]["RayID"] == row.ray
    assert record["Event"]["Request"] == {"Method": "GET", "URL": "http://shop.localhost/a?b=1"}
    assert record["Event"]["Response"] == {"Status": 200}
    assert record["EventTimestampMs"] == round(row.started_on.timestamp() * 1000)
    assert record["WallTimeMs"] == 12
    ours = record["Sluice"]
    assert (ours["Reason"], ours["Override"], ours["Edge"]) == ("percentage", "absent", "e1")
    assert ours["Deployment"] == str(traffic.deployment.id)


def test_a_record_holds_what_the_worker_said(receiver, make_job, traffic, step):
    job = make_job(receiver.url)
    [row] = traffic()
    InvocationDetail.objects.create(
        edge=traffic.edge,
        detail_id="d1",
        ray=row.ray,
        worker="shop",
        version_id=row.version_id,
        entrypoint="Admin",
        outcome="exception",
        started_on=row.started_on,
        wall_ms=7,
        logs=[{"level": "warn", "message": ["low", 3], "timestamp": 1795380000250}],
        exceptions=[{"name": "Error", "message": "no", "stack": "at x", "timestamp": 1}],
    )
    assert step(job)
    [record] = receiver.lines()
    assert (record["Outcome"], record["Entrypoint"], record["WallTimeMs"]) == (
        "exception",
        "Admin",
        7,
    )
    assert record["Logs"] == [
        {"Level": "warn", "Message": ["low", 3], "TimestampMs": 1795380000250}
    ]
    assert record["Exceptions"] == [
        {"Name": "Error", "Message": "no", "Stack": "at x", "TimestampMs": 1}
    ]


def test_an_endpoint_gets_packed_lines_with_the_headers_it_asked_for(
    receiver, make_job, traffic, step
):
    job = make_job(receiver.url + "?tenant=7&header_Authorization=Bearer%20t0ken")
    traffic(3)
    assert step(job)
    [(headers, body)] = receiver.taken
    assert headers["authorization"] == "Bearer t0ken"
    assert (
        headers["content-encoding"] == "gzip" and headers["content-type"] == "application/x-ndjson"
    )
    assert len(gzip.decompress(body).splitlines()) == 3
    assert (job.sent_records, job.sent_batches, job.error_message) == (3, 1, "")
    assert job.last_complete is not None and job.cursor == Invocation.objects.latest("id").pk


def test_a_job_sends_what_happens_from_its_creation_on(receiver, make_job, traffic, step):
    traffic(5)
    job = make_job(receiver.url)
    assert not step(job)
    traffic(1)
    assert step(job) and len(receiver.lines()) == 1


def test_a_disabled_job_sends_nothing_and_goes_on_where_it_was(receiver, make_job, traffic, step):
    job = make_job(receiver.url, enabled=False)
    traffic(2)
    assert not step(job)
    Job.objects.update(enabled=True)
    assert step(job) and len(receiver.lines()) == 2


def test_fields_sample_filter_and_time_format_are_followed(receiver, make_job, traffic, step):
    where = {"where": {"and": [{"key": "ScriptName", "operator": "in", "value": ["shop", "b"]}]}}
    job = make_job(
        receiver.url,
        filter=json.dumps(where),
        output_options={
            "field_names": ["Sluice", "ScriptName"],
            "timestamp_format": "rfc3339ms",
            "sample_rate": 0.5,
        },
    )
    traffic(200)
    traffic(20, worker="other")
    assert step(job)
    got = receiver.lines()
    assert 60 < len(got) < 140
    assert {tuple(sorted(r)) for r in got} == {("ScriptName", "Sluice")}
    assert {r["ScriptName"] for r in got} == {"shop"}
    assert got[0]["Sluice"]["Timestamp"].endswith("Z")
    assert job.cursor == Invocation.objects.latest("id").pk


def test_a_batch_has_at_most_so_many_lines_and_bytes(receiver, make_job, traffic, step):
    job = make_job(receiver.url, max_upload_records=10)
    traffic(25)
    assert step(job) and step(job) and step(job, later=10)
    assert [len(gzip.decompress(b).splitlines()) for _, b in receiver.taken] == [10, 10, 5]
    small = make_job(receiver.url, max_upload_bytes=2000)
    traffic(10)
    before = len(receiver.taken)
    while step(small, later=10):
        pass
    sizes = [len(gzip.decompress(b)) for _, b in receiver.taken[before:]]
    assert len(sizes) > 1 and max(sizes) <= 2000


def test_a_bucket_keeps_signed_objects(store, make_job, traffic, step):
    job = make_job(store.destination("logs of today/{DATE}"))
    traffic(4)
    assert step(job) and job.error_message == ""
    s3 = store.client("s3")
    found = s3.list_objects_v2(Bucket="kept", Prefix="logs of today/")["Contents"]
    [key] = [entry["Key"] for entry in found]
    body = s3.get_object(Bucket="kept", Key=key)["Body"].read()
    lines = [json.loads(line) for line in gzip.decompress(body).splitlines()]
    assert len(lines) == 4 and lines[0]["ScriptName"] == "shop"


def test_a_bucket_refuses_a_wrong_signature_and_the_job_says_so(store, make_job, traffic, step):
    job = make_job(store.destination(secret="not-the-secret"))
    traffic(1)
    assert step(job)
    assert "403" in job.error_message and job.attempts == 1
    assert "not-the-secret" not in job.error_message and store.key not in job.error_message


def test_a_file_is_written_below_the_exports_folder(make_job, traffic, step):
    job = make_job("file:///daily/{DATE}")
    rows = traffic(2)
    assert step(job)
    [file] = senders.folder().glob("daily/*/*.log.gz")
    assert file.parent.name == f"{rows[-1].started_on:%Y%m%d}"
    assert len(gzip.decompress(file.read_bytes()).splitlines()) == 2


def test_a_link_that_leads_out_of_the_exports_folder_is_not_followed(
    make_job, traffic, step, tmp_path
):
    outside = tmp_path / "outside"
    outside.mkdir()
    (senders.folder() / "daily").symlink_to(outside)
    job = make_job("file:///daily")
    traffic(1)
    assert step(job)
    assert "leads out" in job.error_message and not list(outside.iterdir())
