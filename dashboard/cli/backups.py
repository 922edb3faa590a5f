"""`sluice backup` and `sluice restore`."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboard.cli import messages
from dashboard.cli.control import load


def back_up(file: Path, *, force: bool, with_keys: bool) -> int:
    load(needs_shared_keys=False)
    from django.utils import timezone

    from dashboard.installation.backup.archive import BackupFailed
    from dashboard.installation.backup.create import back_up as create

    try:
        about = create(file, timezone.now(), overwrite=force, with_keys=with_keys)
    except BackupFailed as error:
        return _failed(messages.NO_BACKUP, error)
    messages.print_backup(file, about)
    return 0


def restore(file: Path, *, force: bool) -> int:
    """Exit code 1 also if secrets are lost."""
    load(needs_shared_keys=False)
    from dashboard.installation.backup.archive import BackupFailed
    from dashboard.installation.backup.lost import lost
    from dashboard.installation.backup.restore import restore as put_back
    from dashboard.run.processes.leftovers import running_run

    if running_run() is not None:
        return _failed(messages.NOT_RESTORED, messages.RUNS_HERE)
    try:
        done = put_back(file, overwrite=force)
    except BackupFailed as error:
        return _failed(messages.NOT_RESTORED, error)
    workers, values = lost()
    messages.print_restored(done, workers, values)
    return 1 if workers or values else 0


def _failed(template: str, why: object) -> int:
    print(template.format(why=why), file=sys.stderr)
    return 1
