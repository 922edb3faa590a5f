"""The Worker to upload to."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from routing.control import audit, messages
from routing.models import Version, Worker
from routing.rules.names import is_worker_name
from routing.upload_draft import UploadRefused


def create_worker(
    *, name: str, author: AbstractBaseUser | None, source: str, now: datetime
) -> Worker:
    """A Worker without versions. Raises `UploadRefused` if the name is invalid or taken."""
    if not is_worker_name(name):
        raise UploadRefused("name", messages.worker_name_invalid(name))
    try:
        with transaction.atomic():
            worker = Worker.objects.create(name=name, tag=secrets.token_hex(16), created_on=now)
            after = {"tag": worker.tag}
            audit.record("worker.create", name, actor=author, source=source, now=now, after=after)
    except IntegrityError as error:
        raise UploadRefused("exists", messages.worker_exists(name)) from error
    return worker


def target_worker(name: str, create: bool, copied: Version | None) -> Worker | None:
    """The Worker to upload to. Refuses a changed copy of a version that is not the latest."""
    worker = _worker(name, create)
    latest = latest_version(worker)
    if copied is None or (latest is not None and latest.pk == copied.pk):
        return worker
    message = messages.DELETED_IN_BETWEEN
    if latest is not None:
        message = messages.version_in_between(latest.number, latest.id)
    raise UploadRefused("concurrent", message)


def _worker(name: str, create: bool) -> Worker | None:
    worker = Worker.objects.filter(name=name).first()
    if worker is None and not create:
        raise UploadRefused("no_worker", messages.NO_WORKER)
    if worker is None and not is_worker_name(name):
        raise UploadRefused("name", messages.worker_name_invalid(name))
    return worker


def latest_version(worker: Worker | None) -> Version | None:
    return worker.versions.newest_first().first() if worker else None


def next_number(worker: Worker | None) -> int:
    latest = latest_version(worker)
    return latest.number + 1 if latest else 1
