"""Writes a backup while Sluice runs."""

from __future__ import annotations

import io
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from dashboard.accounts.models import User
from dashboard.installation import messages
from dashboard.installation.backup import postgresql, sqlite
from dashboard.installation.backup.archive import (
    ABOUT,
    DATABASE,
    FILES,
    FOLDERS,
    KEYS,
    STATE,
    About,
    BackupFailed,
)
from routing.models import Deployment, Edge, Version, Worker
from routing.storage.copy import copy_state
from routing.version import VERSION

COMPRESSION = 1
"""pg_dump compresses by itself; modules and logs shrink well at any level."""


def back_up(file: Path, now: datetime, *, overwrite: bool, with_keys: bool = True) -> About:
    """Writes `file`, whole or not at all, readable by its owner only. Raises `BackupFailed`."""
    if file.exists() and not overwrite:
        raise BackupFailed(messages.file_exists(file))
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".sluice-backup-") as folder:
            about = _write(Path(folder), now, with_keys=with_keys)
            os.replace(Path(folder) / "archive", file)
    except OSError as error:
        raise BackupFailed(messages.cannot_write(file, error.strerror)) from error
    return about


def _write(folder: Path, now: datetime, *, with_keys: bool) -> About:
    database = folder / DATABASE[connection.vendor]
    about = _about(now, has_keys=with_keys)
    (sqlite if connection.vendor == "sqlite" else postgresql).dump(database)
    with _state_copy() as state:
        _archive(folder, database, about, with_keys=with_keys, state=state)
    return about


@contextmanager
def _state_copy() -> Iterator[Path | None]:
    """After the database: every namespace that it names exists. None without a folder here."""
    if not settings.STATE_DIR.is_dir():
        yield None
        return
    with tempfile.TemporaryDirectory(dir=settings.STATE_DIR, prefix=".backup-") as copied:
        try:
            copy_state(settings.STATE_DIR, Path(copied))
        except sqlite3.Error as error:
            raise BackupFailed(messages.state_unreadable(settings.STATE_DIR, error)) from error
        yield Path(copied)


def _archive(
    folder: Path, database: Path, about: About, *, with_keys: bool, state: Path | None
) -> None:
    handle = os.open(folder / "archive", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(handle, "wb") as output,
        tarfile.open(fileobj=output, mode="w:gz", compresslevel=COMPRESSION) as archive,
    ):
        _add(archive, ABOUT, about.to_json())
        if with_keys:
            for name, value in zip(KEYS, (settings.SECRET_KEY, settings.ACCOUNT_ID), strict=True):
                _add(archive, name, value.encode())
        archive.add(database, database.name)
        for name in (*FILES, *FOLDERS):
            if (settings.DATA_DIR / name).exists():
                with suppress(FileNotFoundError):  # delivered meanwhile
                    archive.add(settings.DATA_DIR / name, name)
        if state is not None:
            archive.add(state, STATE)


def _about(now: datetime, *, has_keys: bool) -> About:
    models = {"users": User, "workers": Worker, "versions": Version, "deployments": Deployment}
    applied = MigrationRecorder(connection).applied_migrations()
    return About(
        version=VERSION,
        created_at=now.isoformat(timespec="seconds"),
        vendor=connection.vendor,
        migrations=sorted(f"{app}.{name}" for app, name in applied),
        has_keys=has_keys,
        rows={name: model._default_manager.count() for name, model in models.items()}
        | {"edges": Edge.objects.count()},
    )


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))
