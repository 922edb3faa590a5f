"""Puts a backup back, and says what cannot be used any more."""

from __future__ import annotations

import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import F

from dashboard.accounts.models import User
from dashboard.installation import messages
from dashboard.installation.backup import postgresql, sqlite
from dashboard.installation.backup.archive import (
    DATABASE,
    FILES,
    FOLDERS,
    KEYS,
    STATE,
    About,
    BackupFailed,
    read_about,
)
from dashboard.installation.locks import SETUP, installation_lock
from dashboard.installation.migrations import apply_missing
from dashboard.settings.environment import variables
from routing.control import revision
from routing.models import DesiredState, Edge
from routing.storage.copy import is_running, replace_state

REVISIONS_AHEAD = 1_000_000
"""More changes than anyone makes between a backup and its restore."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`other_keys`: variables whose value is not that of the backup. `migrations` were applied
    afterwards."""

    about: About
    other_keys: tuple[str, ...]
    migrations: tuple[str, ...]


def restore(file: Path, *, overwrite: bool) -> Restored:
    """Raises `BackupFailed`; then the database is as before."""
    try:
        with tarfile.open(file) as archive, installation_lock(SETUP):
            about = read_about(archive)
            _check(about, overwrite=overwrite)
            with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:
                _extract(archive, Path(folder))
                _load(Path(folder) / DATABASE[about.vendor])
                if (Path(folder) / STATE).is_dir():
                    replace_state(Path(folder) / STATE, settings.STATE_DIR)
                _put_files(Path(folder))
                others = _put_keys(Path(folder)) if about.has_keys else ()
            migrations = apply_missing()
            _make_edges_start_over()
            return Restored(about, others, migrations)
    except (tarfile.TarError, EOFError) as error:
        raise BackupFailed(messages.NOT_A_BACKUP) from error
    except OSError as error:
        raise BackupFailed(messages.cannot_restore(file, error.strerror or error)) from error


def _check(about: About, *, overwrite: bool) -> None:
    if about.vendor != connection.vendor:
        raise BackupFailed(messages.other_vendor(about.vendor, connection.vendor))
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(about.migrations) - known):
        raise BackupFailed(messages.newer_release(about.version, newer[0]))
    if not overwrite and _in_use():
        raise BackupFailed(messages.IN_USE)
    if is_running(settings.STATE_DIR):
        raise BackupFailed(messages.state_runs(settings.STATE_DIR))


def _in_use() -> bool:
    try:
        return User.objects.exists()
    except DatabaseError:  # no tables yet
        return False


def _make_edges_start_over() -> None:
    """Edges may have revisions that the backup does not know: a change since one of those would
    leave out what differs. The next revision is newer than all of them, and whole for each edge."""
    with transaction.atomic():
        revision.lock()
        DesiredState.objects.update(revision=F("revision") + REVISIONS_AHEAD)
        Edge.objects.update(whole_since=revision.current())


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    archive.extractall(folder, filter="data")


def _load(database: Path) -> None:
    if not database.exists():
        raise BackupFailed(messages.NO_DATABASE)
    (sqlite if connection.vendor == "sqlite" else postgresql).load(database)


def _put_files(folder: Path) -> None:
    for name in FILES:
        if (folder / name).exists():
            (folder / name).replace(settings.DATA_DIR / name)
    for name in FOLDERS:
        if (folder / name).exists():
            (settings.DATA_DIR / name).mkdir(exist_ok=True)
            for item in (folder / name).iterdir():
                item.replace(settings.DATA_DIR / name / item.name)


def _put_keys(folder: Path) -> tuple[str, ...]:
    """Keys go to the data folder, and are those of this process from now on. Returns variables
    that are set to something else: they win."""
    others = []
    for name in KEYS:
        variable, setting = f"SLUICE_{name.upper()}", name.upper()
        value = (folder / name).read_text()
        if variables.text(variable):
            others += [variable] if value != getattr(settings, setting) else []
            continue
        (folder / name).replace(settings.DATA_DIR / name)
        setattr(settings, setting, value)
    return tuple(others)
