"""`sluice backup` and `sluice restore`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dashboard.cli import messages
from dashboard.cli.control import load


def back_up(file: Path, *, force: bool, with_keys: bool, to_bucket: bool) -> int:
    load(needs_shared_keys=False)
    from django.utils import timezone

    from dashboard.installation.backup.archive import BackupFailed
    from dashboard.installation.backup.create import back_up as create
    from routing import object_storage

    if to_bucket and not object_storage.is_configured():
        return _failed(messages.NO_BACKUP, messages.NO_BUCKET)
    try:
        about = create(file, timezone.now(), overwrite=force, with_keys=with_keys)
    except BackupFailed as error:
        return _failed(messages.NO_BACKUP, error)
    messages.print_backup(file, about)
    if to_bucket:
        try:
            object_storage.put(_object(file), file.read_bytes())
        except OSError as error:
            return _failed(messages.NOT_IN_BUCKET, error.strerror)
    return 0


def restore(file: Path, *, force: bool, from_bucket: bool) -> int:
    """Exit code 1 also if secrets are lost."""
    load(needs_shared_keys=False)
    from dashboard.installation.backup.archive import BackupFailed
    from dashboard.installation.backup.lost import lost
    from dashboard.installation.backup.restore import restore as put_back
    from dashboard.run.processes.leftovers import running_run

    if running_run() is not None:
        return _failed(messages.NOT_RESTORED, messages.RUNS_HERE)
    if from_bucket and (problem := _download(file)):
        return _failed(messages.NOT_RESTORED, problem)
    try:
        done = put_back(file, overwrite=force)
    except BackupFailed as error:
        return _failed(messages.NOT_RESTORED, error)
    workers, values = lost()
    messages.print_restored(done, workers, values)
    return 1 if workers or values else 0


def _download(file: Path) -> str:
    """Writes the archive of this name; why it cannot, or ""."""
    from routing import object_storage

    if not object_storage.is_configured():
        return messages.NO_BUCKET
    try:
        content = object_storage.get(_object(file))
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
    except OSError as error:
        return f"{file}: {error.strerror}"
    return ""


def _object(file: Path) -> str:
    return f"backups/{file.name}"


def _failed(template: str, why: object) -> int:
    print(template.format(why=why), file=sys.stderr)
    return 1
