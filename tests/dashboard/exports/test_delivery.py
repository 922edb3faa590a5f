"""Lines arrive: over HTTP, in buckets, in files; whole, once, in the form that was asked for."""

import gzip
import json
import threading
import time

import pytest
from django.db import connections
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.exports import batches, dead_letters, jobs, running, senders
from dashboard.exports.advance import LEASE, TRIES
from dashboard.exports.models import DeadLetter, Job
from routing.models import Invocation, InvocationDetail
from tests.factories import make_deployment, make_edge, make_invocation, make_user, make_worker

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


def test_a_crash_between_send_and_cursor_sends_the_same_batch_again(
    receiver, make_job, traffic, step, monkeypatch
):
    job = make_job(receiver.url)
    traffic(3)
    with monkeypatch.context() as crash:
        crash.setattr("dashboard.exports.advance._moved", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            step(job)
    assert len(receiver.lines()) == 3
    job.refresh_from_db()
    assert job.cursor < job.batch_end
    traffic(2)
    assert step(job)
    names = [headers["sluice-batch"] for headers, _ in receiver.taken]
    assert names[0] == names[1] and receiver.taken[0][1] == receiver.taken[1][1]
    assert step(job, later=10)
    rays = {record["Event"]["RayID"] for record in receiver.lines()}
    assert len(rays) == 5 and len(receiver.lines()) == 8


def test_of_two_processes_one_gets_the_job(receiver, make_job, traffic, step, monkeypatch):
    job = make_job(receiver.url)
    traffic(1)
    inside = []

    def meanwhile(*given, **more):
        inside.append(step(job, me="another"))

    monkeypatch.setattr("dashboard.exports.advance.deliver", meanwhile)
    assert step(job) and inside == [False]


def test_a_dead_processes_job_is_taken_over_and_its_late_word_moves_nothing(
    receiver, make_job, traffic, step, monkeypatch
):
    from dashboard.exports import advance as acting

    job = make_job(receiver.url)
    traffic(1)
    real, inside = acting.deliver, []

    def slow(*given, **more):
        monkeypatch.setattr(acting, "deliver", real)
        inside.append(step(job, later=LEASE.total_seconds() + 1, me="another"))
        real(*given, **more)

    monkeypatch.setattr(acting, "deliver", slow)
    assert not step(job) and inside == [True]
    assert job.sent_records == 1 and len(receiver.lines()) == 2


def test_what_was_pruned_before_it_was_read_is_counted(receiver, make_job, traffic, step):
    job = make_job(receiver.url)
    rows = traffic(5)
    Invocation.objects.filter(pk__lt=rows[3].pk).delete()
    assert step(job)
    assert job.missed_records == 3 and len(receiver.lines()) == 2


def fail_until_dead(job, step):
    for n in range(TRIES):
        assert step(job, later=100 * n), n


def test_a_receiver_that_is_down_is_tried_again_then_nothing_is_lost(
    receiver, make_job, traffic, step, by
):
    receiver.status, receiver.said = 503, b"busy"
    job = make_job(receiver.url)
    traffic(4)
    assert step(job)
    assert job.attempts == 1 and job.error_message == "127.0.0.1 answered 503: busy"
    assert not step(job), "it waits before it tries again"
    assert all(step(job, later=100 * n) for n in range(1, TRIES))
    letter = DeadLetter.objects.get()
    assert letter.records == 4 and job.attempts == 0
    assert len(gzip.decompress(dead_letters.content(letter)).splitlines()) == 4

    receiver.status = 200
    traffic(2)
    assert step(job, later=10_000) and len(receiver.lines()) == 2
    assert jobs.send_again(job, by) == 1
    assert step(job) and not DeadLetter.objects.exists()
    assert len({r["Event"]["RayID"] for r in receiver.lines()}) == 6
    assert list(dead_letters.folder().iterdir()) == []
    assert job.sent_records == 6


def test_a_dead_letter_that_fails_again_stays(receiver, make_job, traffic, step, by):
    receiver.status = 500
    job = make_job(receiver.url)
    traffic(1)
    fail_until_dead(job, step)
    jobs.send_again(job, by)
    assert step(job)
    letter = DeadLetter.objects.get()
    assert not letter.wanted and "500" in letter.error and dead_letters.content(letter)


def test_without_room_for_dead_letters_a_job_waits_and_throws_nothing_away(
    receiver, make_job, traffic, step, monkeypatch
):
    monkeypatch.setattr(dead_letters, "LIMIT", 0)
    receiver.status = 500
    job = make_job(receiver.url)
    traffic(1)
    start = job.cursor
    fail_until_dead(job, step)
    assert job.cursor == start and job.attempts == TRIES and not DeadLetter.objects.exists()


def test_the_process_sends_by_itself_what_has_settled(
    receiver, transactional_db, settings, monkeypatch
):
    """The loop as it runs, in a thread: it waits for what is on its way, then sends, then ends."""
    monkeypatch.setattr(batches, "SETTLE_SECONDS", 0.3)
    monkeypatch.setattr(running, "LOOK_SECONDS", 0.05)
    by = jobs.By(make_user("root", Role.ADMIN), "api", timezone.now())
    jobs.create({"destination_conf": receiver.url, "enabled": True}, by)
    make_invocation(make_edge("e1"), make_deployment(make_worker("shop")))
    stop = threading.Event()

    def run():
        running.run(stop)
        connections.close_all()  # PostgreSQL drops no database that somebody is connected to

    loop = threading.Thread(target=run)
    loop.start()
    deadline = time.monotonic() + 10
    while not Job.objects.get().sent_records and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    loop.join(10)
    assert not loop.is_alive() and len(receiver.lines()) == 1
