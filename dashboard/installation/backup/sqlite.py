"""SQLite's database as one file. A copy of the file alone would lack what is in its log (WAL)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection

from dashboard.installation import messages
from dashboard.installation.backup.archive import BackupFailed

BUSY_SECONDS = 60.0


def dump(target: Path) -> None:
    """As of one moment; writers do not wait."""
    with closing(sqlite3.connect(_file(), timeout=BUSY_SECONDS)) as source:
        source.execute("VACUUM INTO ?", [str(target)])


def load(source: Path) -> None:
    """Replaces the content of the database in one transaction."""
    connection.close()
    with (
        closing(sqlite3.connect(source)) as origin,
        closing(sqlite3.connect(_file(), timeout=BUSY_SECONDS)) as target,
    ):
        [(verdict,)] = origin.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise BackupFailed(messages.database_damaged(verdict))
        origin.backup(target)
        target.execute("PRAGMA journal_mode=WAL")


def _file() -> str:
    return str(connection.settings_dict["NAME"])
