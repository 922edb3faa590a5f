"""A crash, a second process, a receiver that is down: lines come again, and none is lost."""

import gzip

import pytest

from dashboard.exports.delivery import dead_letters
from dashboard.exports.jobs import changes
from dashboard.exports.models import DeadLetter
from dashboard.exports.worker.job_step import LEASE, TRIES
from routing.models import Invocation

pytestmark = pytest.mark.django_db


def test_a_crash_between_send_and_cursor_sends_the_same_batch_again(
    receiver, make_job, traffic, step, monkeypatch
):
    job = make_job(receiver.url)
    traffic(3)
    with monkeypatch.context() as crash:
        crash.setattr("dashboard.exports.worker.job_step._moved", lambda *_: 1 / 0)
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

    monkeypatch.setattr("dashboard.exports.worker.job_step.deliver", meanwhile)
    assert step(job) and inside == [False]


def test_a_dead_processes_job_is_taken_over_and_its_late_word_moves_nothing(
    receiver, make_job, traffic, step, monkeypatch
):
    from dashboard.exports.worker import job_step as acting

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
    receiver, make_job, traffic, step, by, django_capture_on_commit_callbacks
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
    assert changes.send_again(job, by) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert step(job) and not DeadLetter.objects.exists()
        assert len(list(dead_letters.folder().iterdir())) == 1  # a rollback would need it
    assert len({r["Event"]["RayID"] for r in receiver.lines()}) == 6
    assert list(dead_letters.folder().iterdir()) == []
    assert job.sent_records == 6


def test_a_dead_letter_that_fails_again_stays(receiver, make_job, traffic, step, by):
    receiver.status = 500
    job = make_job(receiver.url)
    traffic(1)
    fail_until_dead(job, step)
    changes.send_again(job, by)
    assert step(job)
    letter = DeadLetter.objects.get()
    assert not letter.retry_requested and "500" in letter.error and dead_letters.content(letter)


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


def test_dead_letters_in_a_bucket_can_be_sent_from_any_machine(
    receiver, make_job, traffic, step, by, store, settings, tmp_path
):
    settings.S3_URL = f"{store.endpoint}/kept/sluice"
    settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = store.key, store.secret
    receiver.status = 500
    job = make_job(receiver.url)
    traffic(3)
    fail_until_dead(job, step)
    letter = DeadLetter.objects.get()
    assert list(dead_letters.folder().iterdir()) == []
    settings.DATA_DIR = tmp_path / "another machine"
    settings.DATA_DIR.mkdir()
    assert len(gzip.decompress(dead_letters.content(letter)).splitlines()) == 3
    receiver.status = 200
    changes.send_again(job, by)
    assert step(job) and len({r["Event"]["RayID"] for r in receiver.lines()}) == 3
