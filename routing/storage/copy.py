"""A copy of all namespaces while the state process serves them, for backups.

Each database is as of one moment (SQLite's backup). Other files are values that never change: those
that a database names exist for at least 2 seconds after it stops naming them, so they are linked
before and right after the copy of a database.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

LOCK = "lock"
_DATABASE = ".sqlite"
_OURS = ("state.sock", "state.sock.new", "workerd.txt", LOCK)
_BUSY_SECONDS = 60.0


def copy_state(source: Path, target: Path) -> None:
    """Fills `target`, a new folder, on the same file system if possible: values are linked then.
    Raises `OSError` or `sqlite3.Error`."""
    # Those that begin with a dot are copies, as `target` or one whose command was killed.
    folders = [path for path in source.iterdir() if path.is_dir() and path.name[0] != "."]
    for folder in folders:
        _link_files(folder, source, target)
    for folder in folders:
        for database in sorted(folder.rglob(f"*{_DATABASE}")):
            _copy_database(database, target / database.relative_to(source))
            values = folder / database.stem
            if values.is_dir():
                _link_files(values, source, target)
        _link_files(folder, source, target)


def is_running(folder: Path) -> bool:
    """Whether a state server uses the folder."""
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def replace_state(copied: Path, folder: Path) -> None:
    """Puts a copy in place of what is in `folder`; no state server may use it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    for new in copied.iterdir():
        shutil.move(str(new), folder / new.name)


def _link_files(folder: Path, source: Path, target: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir() or _is_database(path) or path.name in _OURS:
            continue
        copied = target / path.relative_to(source)
        if copied.exists():
            continue
        copied.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # deleted meanwhile, so no database names it
            try:
                os.link(path, copied)
            except FileNotFoundError:
                raise
            except OSError:
                shutil.copyfile(path, copied)


def _is_database(path: Path) -> bool:
    return path.suffix.removesuffix("-wal").removesuffix("-shm") == _DATABASE


def _copy_database(database: Path, copied: Path) -> None:
    copied.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    address = f"{database.as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as origin,
        closing(sqlite3.connect(copied)) as copy,
    ):
        origin.backup(copy)
