"""A small disk for the data folder where root may mount one; elsewhere nothing fills up."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

_FILLER = "filler"
SIZE_MB = 400


def mount(folder: Path) -> bool:
    """Mounts a disk of `SIZE_MB` on `folder`; False where that is not allowed."""
    options = f"size={SIZE_MB}m,mode=0711"
    command = ["mount", "-t", "tmpfs", "-o", options, "sluice-torture", str(folder)]
    if os.geteuid() != 0:
        return False
    with suppress(OSError):
        return subprocess.run(command, capture_output=True).returncode == 0
    return False


def fill(folder: Path) -> None:
    """Until not one byte more fits."""
    chunk = b"\0" * (1 << 20)
    with suppress(OSError), open(folder / _FILLER, "wb", buffering=0) as filler:
        while filler.write(chunk):
            pass


def empty(folder: Path) -> None:
    (folder / _FILLER).unlink(missing_ok=True)
