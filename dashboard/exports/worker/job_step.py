"""One step of one job: claim it, send a batch, move the cursor. Safe with several processes.

The cursor moves only after the destination has the batch, or the disk does (a dead letter). A crash
in between sends the same lines again under the same name: at least once.
"""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from dashboard.egress.client import SendFailed
from dashboard.exports.delivery import dead_letters
from dashboard.exports.delivery.batches import INTERVAL, Batch, missed, next_batch
from dashboard.exports.delivery.senders import deliver
from dashboard.exports.jobs.destination import Destination, parse_destination
from dashboard.exports.models import DeadLetter, Job
from routing.models import Invocation
from routing.secret_encryption import DecryptionFailed, decrypt

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
"""A claim that is older is void. Far longer than one send may take."""
TRIES = 8
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between tries: doubled each time, with jitter; about two minutes for all of them."""


def advance(job_id: int, me: str, horizon: int, now: datetime) -> bool:
    """Runs one step of the job; True if there was work."""
    if not _has_work(job_id, horizon) or not _claim(job_id, me, now):
        return False
    job = Job.objects.get(pk=job_id)
    try:
        letter = job.dead_letters.filter(retry_requested=True).first()
        if letter is not None:
            return _send_again(job, letter, now)
        return _step(job, me, horizon, now)
    finally:
        claimed = Job.objects.filter(pk=job_id, claimed_by=me)
        claimed.update(claimed_by="", claimed_until=None)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after that many failures in a row."""
    seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=seconds * random.uniform(0.75, 1.0))


def open_destination(job: Job) -> Destination:
    """Where the job sends to, with its secrets; raises `SendFailed` when they cannot be opened."""
    try:
        return parse_destination(decrypt(job.encrypted_destination).reveal())
    except DecryptionFailed as error:
        raise SendFailed(f"The destination cannot be read: {error}") from error


def _has_work(job_id: int, horizon: int) -> bool:
    """Reads only."""
    job = Job.objects.filter(pk=job_id)
    if job.filter(dead_letters__retry_requested=True).exists():
        return True
    cursor = job.values_list("cursor", flat=True).first()
    if cursor is None:
        return False
    return Invocation.objects.filter(id__gt=cursor, id__lte=horizon).exists()


def _claim(job_id: int, me: str, now: datetime) -> bool:
    """One conditional update: of several processes, one gets the job."""
    free = Job.objects.due(now).order_by().filter(pk=job_id)
    return free.update(claimed_by=me, claimed_until=now + LEASE) == 1


def _step(job: Job, me: str, horizon: int, now: datetime) -> bool:
    _note_missed(job)
    batch = next_batch(job, horizon)
    if batch is None:
        return False
    if not batch.lines:
        return _moved(job, me, batch, now, {})
    if job.batch_end is None:
        Job.objects.filter(pk=job.pk, claimed_by=me).update(batch_end=batch.last)
    name, body = object_name(job, batch), batch.packed()
    try:
        deliver(open_destination(job), name, body, now=batch.newest_on or now)
    except SendFailed as error:
        _failed(job, me, batch, body, name, str(error), now)
        return True
    return _moved(
        job,
        me,
        batch,
        now,
        {
            "sent_records": F("sent_records") + len(batch.lines),
            "sent_batches": F("sent_batches") + 1,
            "last_complete": batch.newest_on,
            "last_error": None,
            "error_message": "",
        },
    )


def object_name(job: Job, batch: Batch) -> str:
    """`<job>/<first id>-<last id>.log.gz`, sorted by time as text."""
    return f"job-{job.pk}-{batch.name}"


def _moved(job: Job, me: str, batch: Batch, now: datetime, changes: dict[str, object]) -> bool:
    """Moves the cursor past the batch if this process still has the claim."""
    wait = timedelta(0) if batch.full else timedelta(seconds=_interval(job))
    claimed = Job.objects.filter(pk=job.pk, claimed_by=me, cursor=job.cursor)
    return bool(
        claimed.update(
            cursor=batch.last, batch_end=None, attempts=0, next_try_on=now + wait, **changes
        )
    )


def _interval(job: Job) -> int:
    return job.max_upload_interval_seconds or INTERVAL


def _failed(
    job: Job, me: str, batch: Batch, body: bytes, name: str, error: str, now: datetime
) -> None:
    """Try again later; after `TRIES` the batch goes to disk and the next one gets its turn."""
    attempts = job.attempts + 1
    log.warning("%s: batch %s was not taken (try %d): %s", job, name, attempts, error)
    error_fields = {"last_error": now, "error_message": error[:1000]}
    if attempts >= TRIES and dead_letters.has_room(len(body)):
        with transaction.atomic():
            if _moved(job, me, batch, now, dict(error_fields)):
                dead_letters.keep(job, batch, body, object_name=name, error=error, now=now)
        return
    Job.objects.filter(pk=job.pk, claimed_by=me).update(
        attempts=attempts, next_try_on=now + wait_after(attempts), **error_fields
    )


def _send_again(job: Job, letter: DeadLetter, now: datetime) -> bool:
    """Sends a dead letter that a person resent; after a failure it waits for the next request."""
    try:
        body = dead_letters.content(letter)
        deliver(open_destination(job), letter.object_name, body, now=letter.made_on)
    except OSError as error:
        problem = f"{letter.file}: {error.strerror}. Is it on another machine?"
        DeadLetter.objects.filter(pk=letter.pk).update(retry_requested=False, error=problem)
    except SendFailed as error:
        problem = str(error)[:1000]
        DeadLetter.objects.filter(pk=letter.pk).update(retry_requested=False, error=problem)
        Job.objects.filter(pk=job.pk).update(last_error=now, error_message=problem)
    else:
        Job.objects.filter(pk=job.pk).update(sent_records=F("sent_records") + letter.records)
        dead_letters.forget(letter)
    return True


def _note_missed(job: Job) -> None:
    """Counts rows that were deleted before this job read them."""
    if gone := missed(job):
        Job.objects.filter(pk=job.pk, cursor=job.cursor).update(
            missed_records=F("missed_records") + gone, cursor=job.cursor + gone, batch_end=None
        )
        job.refresh_from_db()
