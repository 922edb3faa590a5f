"""Log export jobs over the API, in Cloudflare's shape."""

import cloudflare
import httpx
import pytest
from cloudflare import Cloudflare
from django.conf import settings as django_settings
from django.test import Client

from dashboard.accounts.models import Role
from dashboard.exports.models import DeadLetter, Job
from routing.models import AuditEntry
from routing.secret_encryption import decrypt
from tests.dashboard.api.conftest import Api
from tests.factories import make_user

JOBS = "/logpush/jobs"
CONF = "https://127.0.0.1/logs?header_Authorization=Bearer%20t0ken"
SHOWN = "https://127.0.0.1/logs?header_Authorization=REDACTED"


def create(api, **given):
    return api("POST", JOBS, {"name": "to loki", "destination_conf": CONF, **given})


def test_a_job_is_created_listed_changed_and_deleted(api):
    made = create(api, dataset="workers_trace_events", enabled=True).result
    assert made["destination_conf"] == SHOWN and made["enabled"] is True
    assert (made["last_complete"], made["last_error"], made["error_message"]) == (None, None, None)
    one = f"{JOBS}/{made['id']}"
    assert api("GET", one).result == made == api("GET", JOBS).result[0]
    assert api("GET", "/logpush/datasets/workers_trace_events/jobs").result == [made]
    paused = api("PUT", one, {"enabled": False, "max_upload_records": 1000}).result
    assert paused["enabled"] is False and paused["max_upload_records"] == 1000
    assert api("DELETE", one).result == {"id": made["id"]}
    assert api("GET", one).refusal == (404, 1002)


def test_the_secret_is_sealed_and_in_no_answer_page_or_audit_line(api):
    made = create(api).response.content
    job = Job.objects.get()
    assert b"t0ken" not in made and "t0ken" not in job.encrypted_destination
    assert decrypt(job.encrypted_destination).reveal() == CONF
    assert b"t0ken" not in api("GET", JOBS).response.content
    assert "t0ken" not in str(list(AuditEntry.objects.values()))


def test_a_destination_sent_back_as_it_was_shown_stays_what_it_was(api):
    one = f"{JOBS}/{create(api).result['id']}"
    api("PUT", one, {"destination_conf": SHOWN, "name": "b"})
    assert decrypt(Job.objects.get().encrypted_destination).reveal() == CONF


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"destination_conf": "https://logs.example/x"}, "SLUICE_EXPORT_HOSTS"),
        ({"destination_conf": "file:///../x"}, "path"),
        ({"dataset": "http_requests"}, "workers_trace_events"),
        ({"filter": "{"}, "filter"),
        ({"output_options": {"output_type": "csv"}}, "ndjson"),
        ({"max_upload_records": 2_000_000}, "max_upload_records"),
        ({"max_upload_interval_seconds": -1}, "max_upload_interval_seconds"),
        ({"ownership_challenge": "made up"}, "ownership_challenge"),
        ({"logpull_options": "fields=Nope"}, "Nope"),
    ],
)
def test_a_job_that_cannot_be_is_refused_and_nothing_is_kept(api, given, word):
    answer = create(api, **given)
    assert answer.refusal == (400, 1004) and word in answer.message
    assert not Job.objects.exists()


def test_only_admins_set_destinations(db):
    operator = Api(make_user("oscar", Role.OPERATOR), ["read", "deploy", "admin"])
    for method, path in (("POST", JOBS), ("POST", "/logpush/ownership")):
        assert operator(method, path, {"destination_conf": CONF}).refusal[0] == 403
    assert operator("GET", JOBS).result == []
    assert (
        Client().get(f"/client/v4/accounts/{django_settings.ACCOUNT_ID}{JOBS}").status_code == 400
    )


def test_the_fields_are_listed_with_their_types(api):
    fields = api("GET", "/logpush/datasets/workers_trace_events/fields").result
    assert fields["ScriptVersion"] == "object" and fields["EventTimestampMs"] == "int"
    assert api("GET", "/logpush/datasets/http_requests/fields").refusal == (404, 1002)


def test_ownership_is_proved_by_a_token_that_only_the_owner_can_read(api, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    conf = {"destination_conf": "file:///mine"}
    told = api("POST", "/logpush/ownership", conf).result
    token = (tmp_path / "exports" / told["filename"]).read_text()

    def check(token):
        given = conf | {"ownership_challenge": token}
        return api("POST", "/logpush/ownership/validate", given).result

    assert check(token) == {"valid": True} and check("x") == {"valid": False}
    assert create(api, **conf, ownership_challenge=token).result["id"]


def test_destinations_are_checked_before_there_is_a_job(api):
    def check(path, conf):
        return api("POST", f"/logpush/validate/{path}", {"destination_conf": conf}).result

    assert check("destination", CONF) == {"valid": True, "message": ""}
    assert check("destination", "https://logs.example/")["valid"] is False
    assert check("destination/exists", CONF) == {"exists": False}
    create(api)
    assert check("destination/exists", CONF) == {"exists": True}


def test_a_deleted_job_takes_its_dead_letters_along(
    api, settings, tmp_path, alice, django_capture_on_commit_callbacks
):
    settings.DATA_DIR = tmp_path
    made = create(api).result
    file = tmp_path / "dead-letters" / "x"
    file.parent.mkdir()
    file.write_bytes(b"x")
    DeadLetter.objects.create(
        job_id=made["id"],
        object_name="x",
        file="x",
        records=1,
        size=1,
        made_on=Job.objects.get().created_on,
    )
    assert api("GET", f"{JOBS}/{made['id']}").result["sluice"]["dead_letters"] == 1
    with django_capture_on_commit_callbacks(execute=True):
        api("DELETE", f"{JOBS}/{made['id']}")
        assert file.exists()  # until the rows are gone for good
    assert not DeadLetter.objects.exists() and not file.exists()


def test_the_official_sdk_understands_the_answers(api):
    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/client/v4")
        got = api.raw(request.method, path, request.read())
        return httpx.Response(got.status_code, content=got.content, headers=dict(got.items()))

    sdk = Cloudflare(
        api_token=api.secret,
        base_url="http://127.0.0.1/client/v4",
        http_client=httpx.Client(transport=httpx.MockTransport(answer)),
    )
    account = django_settings.ACCOUNT_ID
    made = sdk.logpush.jobs.create(account_id=account, destination_conf=CONF, name="sdk")
    assert made is not None and made.id and made.last_complete is None
    assert [job.id for job in sdk.logpush.jobs.list(account_id=account) if job] == [made.id]
    changed = sdk.logpush.jobs.update(made.id, account_id=account, enabled=True)
    assert changed is not None and changed.enabled
    with pytest.raises(cloudflare.BadRequestError):
        sdk.logpush.jobs.create(account_id=account, destination_conf="ftp://x")
    sdk.logpush.jobs.delete(made.id, account_id=account)
    assert not Job.objects.exists()
