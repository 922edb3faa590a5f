"""What an edge that was removed from the control plane must not keep."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from routing.agent.identity import join, key_file, tokens
from routing.compile import names

_PATTERNS = (
    "snapshot*.json",
    "snapshot*.damaged",
    "snapshot*.tmp",
    str(tokens.CREDENTIALS),
    str(join.JOINING),
    str(key_file.DEFAULT),
    "modules/*",
)


def erase(folder: Path = Path()) -> None:
    """Deletes snapshots with secrets, code, static assets, credentials and the key. Logs stay."""
    for pattern in _PATTERNS:
        for path in folder.glob(pattern):
            with suppress(IsADirectoryError, FileNotFoundError):
                path.unlink()
    shutil.rmtree(folder / names.ASSETS, ignore_errors=True)
