"""Why a folder cannot be written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

_PROBE = ".probe"
_ENOUGH = 1 << 16


class DiskState(StrEnum):
    """`ok` is "", and so false."""

    ok = ""
    full = "full"
    no_inodes = "no_inodes"
    read_only = "read_only"
    broken = "broken"


_STATES = {
    errno.ENOSPC: DiskState.full,
    errno.EDQUOT: DiskState.full,
    errno.EFBIG: DiskState.full,
    errno.EROFS: DiskState.read_only,
}


def disk_state(folder: Path, write: Callable[[Path], None] | None = None) -> DiskState:
    """Writes a file to find out: file system statistics do not include quotas and limits."""
    try:
        (write or _probe)(folder)
    except OSError as error:
        return state_of(error, folder)
    return DiskState.ok


def state_of(error: OSError, folder: Path) -> DiskState:
    """The state for a failed write in `folder`."""
    state = _STATES.get(error.errno or 0, DiskState.broken)
    return DiskState.no_inodes if state is DiskState.full and not _has_inodes(folder) else state


def _probe(folder: Path) -> None:
    path = folder / _PROBE
    try:
        path.write_bytes(b"\0" * _ENOUGH)
    finally:
        path.unlink(missing_ok=True)


def _has_inodes(folder: Path) -> bool:
    """Distinguishes the two causes of ENOSPC: no blocks, or no inodes."""
    try:
        stat = os.statvfs(folder)
    except OSError:
        return True
    return not stat.f_files or bool(stat.f_favail)
