"""Undelivered batches on disk or in the bucket of SLUICE_S3_URL, until a person resends them."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db.models import Count, OuterRef, Subquery, Sum

from dashboard.exports.delivery.batches import Batch
from dashboard.exports.delivery.senders import write_durably
from dashboard.exports.models import DeadLetter, Job
from routing import object_storage
from routing.transactions.after_commit import after_commit

LIMIT = 1 << 30
"""Bytes on disk for all jobs. Beyond it a job stops and waits instead: nothing is thrown away."""


def folder() -> Path:
    path: Path = settings.DATA_DIR / "dead-letters"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The dead letters of a job; `first_error` of the oldest."""

    batches: int = 0
    records: int = 0
    first_error: str = ""


def undelivered_by_job() -> Mapping[int, Undelivered]:
    """By the job's id; jobs without dead letters are there, too. One query."""
    oldest = DeadLetter.objects.filter(job=OuterRef("job")).order_by("id").values("error")[:1]
    rows = DeadLetter.objects.order_by().values_list("job")
    rows = rows.annotate(batches=Count("id"), total=Sum("records"), first=Subquery(oldest))
    return defaultdict(Undelivered, {row[0]: Undelivered(*row[1:]) for row in rows})


def has_room(size: int) -> bool:
    """Whether `size` more bytes fit."""
    used = DeadLetter.objects.aggregate(bytes=Sum("size"))["bytes"] or 0
    return used + size <= LIMIT


def keep(
    job: Job, batch: Batch, body: bytes, *, object_name: str, error: str, now: datetime
) -> None:
    """Writes the file first: a crash before the row leaves an unused file, never a gap."""
    file = f"{job.pk}-{object_name.replace('/', '_')}-{secrets.token_hex(4)}"
    if object_storage.is_configured():
        object_storage.put(_object(file), body)
    else:
        write_durably(folder() / file, body)
    DeadLetter.objects.create(
        job=job,
        object_name=object_name,
        file=file,
        records=len(batch.lines),
        size=len(body),
        made_on=now,
        error=error[:1000],
    )


def content(letter: DeadLetter) -> bytes:
    """The batch as it was packed. Raises OSError if neither this machine nor the bucket has it."""
    try:
        return (folder() / letter.file).read_bytes()
    except FileNotFoundError:
        if not object_storage.is_configured():
            raise
        return object_storage.get(_object(letter.file))


def _object(file: str) -> str:
    return f"dead-letters/{file}"


def forget(letter: DeadLetter) -> None:
    """Deletes the row, and the file after the commit: a rollback must not restore a row without its
    file."""
    letter.delete()
    after_commit("remove dead letter", partial(_remove, letter.file))


def _remove(file: str) -> None:
    (folder() / file).unlink(missing_ok=True)
    if object_storage.is_configured():
        object_storage.delete(_object(file))
