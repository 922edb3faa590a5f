"""The page of the exports: what everybody sees, what admins may do, what nobody sees."""

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.exports.models import DeadLetter, Job
from routing.models import AuditEntry
from routing.secret_encryption import decrypt
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db
CONF = "https://127.0.0.1/logs?header_Authorization=Bearer%20t0ken"


@pytest.fixture
def root(db):
    client = Client()
    client.force_login(make_user("root2", Role.ADMIN))
    return client


def create(client, **given):
    return client.post(
        "/exports/new/", {"name": "to loki", "destination": CONF, "sample": "100", **given}
    )


def dead(job, records=3):
    return DeadLetter.objects.create(
        job=job,
        object_name="x",
        file="x",
        records=records,
        size=1,
        made_on=timezone.now(),
        error="host answered 503: <b>busy</b>",
    )


def test_an_admin_creates_a_job_and_sees_it_without_its_secret(root):
    make_worker("shop")
    assert b"No exports yet" in root.get("/exports/").content
    answer = create(root, workers=["shop"], sample="25")
    assert answer.status_code == 302
    job = Job.objects.get()
    assert job.enabled and decrypt(job.encrypted_destination).reveal() == CONF
    assert job.options == {"sample_rate": 0.25} and '"shop"' in job.filter
    shown = root.get("/exports/").content.decode()
    assert "to loki" in shown and "header_Authorization=REDACTED" in shown and "t0ken" not in shown


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"destination": "https://logs.example/?header_A=t0ken"}, "SLUICE_EXPORT_HOSTS"),
        ({"destination": ""}, "https://"),
        ({"sample": "0"}, "sample_rate"),
        ({"sample": "many"}, "Sample"),
    ],
)
def test_a_refused_job_is_explained_and_its_destination_not_repeated(root, given, word):
    answer = create(root, **given)
    assert answer.status_code == 422 and word in answer.content.decode()
    assert "t0ken" not in answer.content.decode() and not Job.objects.exists()


def test_pause_go_on_retry_and_delete(root, settings, tmp_path):
    create(root)
    job = Job.objects.get()

    def do(what):
        answer = root.post(f"/exports/{job.pk}/", {"do": what}, follow=True)
        return answer.content.decode()

    letter = dead(job)
    assert "is paused" in do("pause") and not Job.objects.get().enabled
    assert "Resume it first" in do("retry")
    assert "continues from" in do("resume") and Job.objects.get().enabled
    assert "1 batch of to loki will be sent again" in do("retry")
    letter.refresh_from_db()
    assert letter.retry_requested
    assert "were deleted" in do("delete") and not Job.objects.exists()
    assert [e.action for e in AuditEntry.objects.filter(action__startswith="export")] == [
        "export.create",
        "export.change",
        "export.change",
        "export.retry",
        "export.delete",
    ]
    assert root.post("/exports/999/", {"do": "pause"}).status_code == 404


def test_failures_and_dead_letters_are_shown_and_escaped(root):
    create(root)
    job = Job.objects.get()
    dead(job, records=1200)
    Job.objects.update(last_error=timezone.now(), error_message="<i>no</i>", attempts=2)
    shown = " ".join(root.get("/exports/").content.decode().split())
    assert "Failing" in shown and "1,200 records wait" in shown and "2 tries in a row" in shown
    assert "&lt;i&gt;no&lt;/i&gt;" in shown and "<b>busy</b>" not in shown


def test_a_destination_that_grows_when_it_is_redacted(root):
    """PostgreSQL refuses a value that is longer than its column."""
    create(root, destination="https://127.0.0.1/?" + "&".join(f"k{n}=" for n in range(600)))
    assert len(Job.objects.get().redacted_destination) > 4096


def test_operators_and_viewers_look_and_change_nothing(root, maya, vera):
    create(root)
    job = Job.objects.get()
    for client in (maya, vera):
        shown = client.get("/exports/").content.decode()
        assert "to loki" in shown and "Admins: root2" in shown and "New export" not in shown
        assert create(client).status_code == 403
        assert client.post(f"/exports/{job.pk}/", {"do": "delete"}).status_code == 403
    assert Job.objects.get().enabled
