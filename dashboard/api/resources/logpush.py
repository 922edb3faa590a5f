"""Log exports as Cloudflare's Logpush jobs. Secrets in destinations are redacted."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from dashboard.api import messages
from dashboard.api.http.auth import ApiRequest, actor_of, may_administer, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import ApiError, unsupported
from dashboard.api.resources.logpush_schemas import (
    Challenge,
    ChallengeInput,
    Deleted,
    DestinationInput,
    Exists,
    JobInput,
    JobItem,
    Json,
    OwnershipValidity,
    Validity,
)
from dashboard.exports.jobs import changes
from dashboard.exports.jobs.changes import JobRefused
from dashboard.exports.jobs.options import FIELDS, OptionsInvalid, from_logpull
from dashboard.exports.models import DATASET, Job
from routing.control.publish import timestamp

router = resource("Logpush")
LOGPUSH = "/accounts/{account_id}/logpush"
JOBS = LOGPUSH + "/jobs"
ONE = JOBS + "/{job_id}"
INVALID = 1004
"""Cloudflare's code for an invalid job."""
MISSING = 1002


@router.get(JOBS, auth=may_read, response=Envelope[list[JobItem]])
def list_jobs(request: ApiRequest, account_id: str) -> Json:
    """Every job."""
    return ok([job_item(job) for job in Job.objects.filter(dataset=DATASET)])


@router.post(JOBS, auth=may_administer, response=Envelope[JobItem])
def create_job(request: ApiRequest, account_id: str, given: JobInput) -> Json:
    """A job that sends what happens from now on; disabled unless `enabled` is true."""
    return ok(job_item(_or_api_error(changes.create, _job_fields(given), actor_of(request))))


@router.get(ONE, auth=may_read, response=Envelope[JobItem])
def get_job(request: ApiRequest, account_id: str, job_id: int) -> Json:
    """One job."""
    return ok(job_item(job_of(job_id)))


@router.put(ONE, auth=may_administer, response=Envelope[JobItem])
def update_job(request: ApiRequest, account_id: str, job_id: int, given: JobInput) -> Json:
    """Changes the fields that are sent: `{"enabled": false}` pauses the job."""
    job_of(job_id)
    fields = _job_fields(given)
    fields.pop("dataset", None)
    return ok(job_item(_or_api_error(changes.change, job_id, fields, actor_of(request))))


@router.delete(ONE, auth=may_administer, response=Envelope[Deleted])
def delete_job(request: ApiRequest, account_id: str, job_id: int) -> Json:
    """The job and its dead letters. Records that were sent stay at the destination."""
    changes.delete(job_of(job_id), actor_of(request))
    return ok({"id": job_id})


@router.get(
    LOGPUSH + "/datasets/{dataset_id}/fields", auth=may_read, response=Envelope[dict[str, str]]
)
def list_fields(request: ApiRequest, account_id: str, dataset_id: str) -> Json:
    """The fields of a dataset with their types."""
    _check_dataset(dataset_id)
    return ok(dict(FIELDS))


@router.get(
    LOGPUSH + "/datasets/{dataset_id}/jobs", auth=may_read, response=Envelope[list[JobItem]]
)
def list_dataset_jobs(request: ApiRequest, account_id: str, dataset_id: str) -> Json:
    """The jobs of a dataset."""
    _check_dataset(dataset_id)
    return ok([job_item(job) for job in Job.objects.filter(dataset=dataset_id)])


@router.post(LOGPUSH + "/ownership", auth=may_administer, response=Envelope[Challenge])
def create_challenge(request: ApiRequest, account_id: str, given: DestinationInput) -> Json:
    """Writes a token to the destination, to be read there and sent with the job."""
    name = _or_api_error(changes.challenge, given.destination_conf, timezone.now())
    return ok({"filename": name, "message": "", "valid": True})


@router.post(
    LOGPUSH + "/ownership/validate", auth=may_administer, response=Envelope[OwnershipValidity]
)
def validate_challenge(request: ApiRequest, account_id: str, given: ChallengeInput) -> Json:
    """Whether this is the token that was written."""
    return ok({"valid": changes.proves(given.destination_conf, given.ownership_challenge)})


@router.post(LOGPUSH + "/validate/destination", auth=may_administer, response=Envelope[Validity])
def validate_destination(request: ApiRequest, account_id: str, given: DestinationInput) -> Json:
    """Whether a job may send there. Nothing is sent."""
    try:
        changes.check_destination(given.destination_conf)
    except JobRefused as error:
        return ok({"valid": False, "message": str(error)})
    return ok({"valid": True, "message": ""})


@router.post(
    LOGPUSH + "/validate/destination/exists", auth=may_administer, response=Envelope[Exists]
)
def destination_exists(request: ApiRequest, account_id: str, given: DestinationInput) -> Json:
    """Whether a job sends to exactly this destination."""
    exists = any(changes.same_destination(j, given.destination_conf) for j in Job.objects.all())
    return ok({"exists": exists})


def job_of(job_id: int) -> Job:
    """The job, or Cloudflare's 404."""
    job = Job.objects.filter(pk=job_id, dataset=DATASET).first() if job_id < 2**63 else None
    if job is None:
        raise ApiError(404, (MISSING, messages.NO_JOB))
    return job


def job_item(job: Job) -> Json:
    """A job, its `destination_conf` redacted."""
    return {
        "id": job.pk,
        "name": job.name or None,
        "dataset": job.dataset,
        "destination_conf": job.redacted_destination,
        "enabled": job.enabled,
        "filter": job.filter or None,
        "kind": "",
        "frequency": None,
        "logpull_options": None,
        "output_options": job.options or None,
        "max_upload_bytes": job.max_upload_bytes,
        "max_upload_records": job.max_upload_records,
        "max_upload_interval_seconds": job.max_upload_interval_seconds,
        "last_complete": timestamp(job.last_complete) if job.last_complete else None,
        "last_error": timestamp(job.last_error) if job.last_error else None,
        "error_message": job.error_message or None,
        "sluice": {
            "sent_records": job.sent_records,
            "sent_batches": job.sent_batches,
            "missed_records": job.missed_records,
            "dead_letters": job.dead_letters.count(),
            "failures_in_a_row": job.attempts,
        },
    }


def _job_fields(given: JobInput) -> Json:
    """The fields that were sent, with the older form of the options converted."""
    if given.kind:
        raise unsupported(messages.NO_EDGE_LOG_DELIVERY)
    fields: Json = given.dict(exclude_unset=True)
    for name in ("enabled", "dataset"):
        if fields.get(name, ...) is None:
            del fields[name]
    older = fields.pop("logpull_options", None)
    if older and not fields.get("output_options"):
        fields["output_options"] = _or_api_error(from_logpull, older)
    return fields


def _or_api_error(act: Any, *given: Any) -> Any:
    try:
        return act(*given)
    except (JobRefused, OptionsInvalid) as error:
        raise ApiError(400, (INVALID, str(error))) from error


def _check_dataset(name: str) -> None:
    if name != DATASET:
        raise ApiError(404, (MISSING, messages.no_dataset(name, DATASET)))
