"""Creating, changing and deleting jobs, and proving that the caller owns a destination."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.egress.client import HostNotAllowed, SendFailed, check_host
from dashboard.exports.delivery.senders import deliver
from dashboard.exports.jobs.backlog import newest_id
from dashboard.exports.jobs.destination import (
    Destination,
    DestinationInvalid,
    object_path,
    parse_destination,
    redact,
)
from dashboard.exports.jobs.filters import FilterInvalid, parse_filter
from dashboard.exports.jobs.options import FIELDS, OptionsInvalid, parse_options
from dashboard.exports.models import DATASET, DeadLetter, Job
from routing.secret_encryption import DecryptionFailed, decrypt, encrypt
from routing.snapshot import Secret

MOST_JOBS = 20
LIMITS = {
    "max_upload_records": 1_000_000,
    "max_upload_bytes": 1_000_000_000,
    "max_upload_interval_seconds": 300,
}
"""Cloudflare's upper bounds; smaller values than Cloudflare's lower ones are accepted, too."""
CHANGED = [
    "name",
    "encrypted_destination",
    "redacted_destination",
    "enabled",
    "options",
    "filter",
    *LIMITS,
    "next_try_on",
    "attempts",
]


class JobRefused(ValueError):
    """The message gives the reason and contains no secret."""


def create(given: Mapping[str, Any], by: Actor) -> Job:
    """A job that sends what happens from now on; raises `JobRefused`."""
    if given.get("dataset", DATASET) != DATASET:
        raise JobRefused(f"The only dataset is {DATASET}.")
    if Job.objects.count() >= MOST_JOBS:
        raise JobRefused(f"There are {MOST_JOBS} jobs already, the maximum. Delete one first.")
    job = Job(created_on=by.now, author=by.actor)
    _fill(job, given)
    if not job.encrypted_destination:
        raise JobRefused("destination_conf is missing.")
    job.cursor = newest_id()
    with transaction.atomic():
        job.save()
        _record("export.create", job, by, after=job.described())
    return job


def change(job_id: int, given: Mapping[str, Any], by: Actor) -> Job:
    """Only what is given changes; raises `JobRefused`."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        before = job.described()
        _fill(job, given)
        job.next_try_on, job.attempts = None, 0
        job.save(update_fields=CHANGED)
        _record("export.change", job, by, before=before, after=job.described())
    return job


def delete(job: Job, by: Actor) -> None:
    """The job and its dead letters; nothing at the destination."""
    from dashboard.exports.delivery.dead_letters import forget

    with transaction.atomic():
        letters = list(job.dead_letters.all())
        _record("export.delete", job, by, before=job.described())
        for letter in letters:
            forget(letter)
        job.delete()


def send_again(job: Job, by: Actor) -> int:
    """Marks every dead letter of the job to be sent; how many those are. Raises `JobRefused`."""
    if not job.enabled:
        raise JobRefused(f"{job} is paused. Resume it first.")
    with transaction.atomic():
        count = DeadLetter.objects.filter(job=job).update(retry_requested=True)
        Job.objects.filter(pk=job.pk).update(next_try_on=None)
        _record("export.retry", job, by, after={"dead_letters": count})
    return count


def check_destination(conf: str) -> Destination:
    """The destination, if anything may be sent there; raises `JobRefused`."""
    try:
        destination = parse_destination(conf)
        if destination.kind != "file":
            check_host(destination.host)
    except (DestinationInvalid, HostNotAllowed) as error:
        raise JobRefused(str(error)) from error
    return destination


def challenge(conf: str, now: datetime) -> str:
    """Writes a token to the destination, to be read there as proof; returns the file name."""
    destination, token = check_destination(conf), token_for(conf)
    name = f"ownership-challenge-{token[:8]}.txt"
    try:
        deliver(destination, name, token.encode(), now=now, packed=False)
    except SendFailed as error:
        raise JobRefused(f"The challenge could not be written: {error}") from error
    return object_path(destination, name, now)


def token_for(conf: str) -> str:
    """The token that proves ownership of this destination."""
    key = hashlib.blake2s(settings.SECRET_KEY.encode(), person=b"exports").digest()
    return hmac.new(key, conf.encode(), "sha256").hexdigest()


def proves(conf: str, token: str) -> bool:
    """Is this the token that was written there?"""
    return hmac.compare_digest(token_for(conf).encode(), token.strip().encode())


def _fill(job: Job, given: Mapping[str, Any]) -> None:
    if "name" in given:
        job.name = _text(given["name"], 512)
    if "enabled" in given:
        job.enabled = bool(given["enabled"])
    for name, most in LIMITS.items():
        if name in given:
            setattr(job, name, _bounded(name, given[name], most))
    if given.get("destination_conf") is not None:
        _set_destination(job, given["destination_conf"], given.get("ownership_challenge"))
    try:
        if "output_options" in given:
            job.options = dict(given["output_options"] or {})
            parse_options(job.options)
        if "filter" in given:
            job.filter = given["filter"] or ""
            parse_filter(job.filter, FIELDS)
    except (OptionsInvalid, FilterInvalid) as error:
        raise JobRefused(str(error)) from error


def _set_destination(job: Job, conf: str, token: str | None) -> None:
    """The redacted destination means: leave it as it is."""
    if job.encrypted_destination and conf == job.redacted_destination:
        return
    check_destination(conf)
    if token and not proves(conf, token):
        raise JobRefused("ownership_challenge: this is not the token in the file.")
    job.encrypted_destination, job.redacted_destination = encrypt(Secret(conf)), redact(conf)


def same_destination(job: Job, conf: str) -> bool:
    """Whether the job sends to exactly this."""
    try:
        return decrypt(job.encrypted_destination).reveal() == conf
    except DecryptionFailed:
        return False


def _text(given: Any, most: int) -> str:
    text = given or ""
    if len(text) > most or not text.isprintable():
        raise JobRefused(f"name: one line of at most {most} characters.")
    return str(text)


def _bounded(name: str, given: int | None, most: int) -> int:
    if given is None:
        return 0
    if not 0 <= given <= most:
        raise JobRefused(f"{name}: from 0, which stands for the default, to {most}.")
    return given


def _record(action: str, job: Job, by: Actor, before: Any = None, after: Any = None) -> None:
    by.record(action, f"export {job.pk}", before=before, after=after)
