"""Bounds the logs of the processes that `make run` starts.

They append to their file, whatever they write and however they end, so the parent moves the content
away under them: copied to `<name>.1`, then emptied. What is written between the two is lost; that
is microseconds.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path


def rotate(log: Path, *, most_bytes: int, files: int) -> bool:
    """Puts the content aside when it is larger than `most_bytes`; `files` older ones stay, the
    newest as `.1`. A full disk gets none: the log is emptied all the same."""
    try:
        if log.stat().st_size <= most_bytes:
            return False
    except OSError:
        return False
    try:
        _put_aside(log, files)
    except OSError:
        with suppress(OSError):
            _aside(log, 1).unlink(missing_ok=True)
    with suppress(OSError):
        os.truncate(log, 0)
    return True


def _put_aside(log: Path, files: int) -> None:
    for number in range(files - 1, 0, -1):
        with suppress(FileNotFoundError):
            os.replace(_aside(log, number), _aside(log, number + 1))
    if files:
        shutil.copyfile(log, _aside(log, 1))
        _aside(log, 1).chmod(0o600)


def _aside(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
