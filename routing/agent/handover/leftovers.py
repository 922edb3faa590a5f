"""Removes what a hot restart leaves behind when its Envoy has ended.

Each hot restart has a base id, drawn by `successor` and passed as `--base-id`. Envoy's sockets in
the edge's folder are `restart_<role>_<10 * base id + epoch>`, the shared memory is
`/dev/shm/envoy_shared_memory_<10 * base id>`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SHARED_MEMORY = "/dev/shm/envoy_shared_memory_"
SOCKET_PREFIX = "restart"
_SOCKET = re.compile(rf"{SOCKET_PREFIX}_(?:parent|child)_([0-9]{{2,10}})")


def remove_leftovers(running: Iterable[int], folder: Path = Path()) -> None:
    """`running` are ids of processes whose files stay."""
    in_use = {base_id for pid in running if (base_id := _base_id(pid)) is not None}
    for path in folder.glob(f"{SOCKET_PREFIX}_*"):
        match = _SOCKET.fullmatch(path.name)
        if match is None or int(match[1]) // 10 in in_use:
            continue
        _unlink_ours(Path(f"{SHARED_MEMORY}{int(match[1]) // 10 * 10}"))
        _unlink_ours(path)


def _base_id(pid: int) -> int | None:
    """The `--base-id` of a running Envoy; None for other processes."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return int(arguments[arguments.index(b"--base-id") + 1])
    except (OSError, ValueError, IndexError):
        return None


def _unlink_ours(path: Path) -> None:
    with suppress(OSError):
        if path.lstat().st_uid == os.geteuid():
            path.unlink()
