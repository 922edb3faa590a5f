"""The sockets of one version, bound here and handed to its process.

So their mode is ours to set, no stale file is in the way, and connections wait in them while the
process is replaced.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from contextlib import suppress

from routing.compile import names

_BACKLOG = 4096


class Listeners:
    """Opened by `open`. While they are closed, callers hear at once that the version is away."""

    def __init__(self, version_id: str, sockets: Sequence[str]) -> None:
        self._paths = {name: names.socket_file(version_id, name) for name in sockets}
        self._open: dict[str, socket.socket] = {}

    def open(self) -> None:
        """Listens on all of them; those that are open stay as they are. Raises `OSError`."""
        for name, path in self._paths.items():
            if name in self._open:
                continue
            with suppress(FileNotFoundError):
                os.unlink(path)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            os.chmod(path, 0o600)
            listener.listen(_BACKLOG)
            self._open[name] = listener

    def close(self) -> None:
        """Nobody can connect any more."""
        for name, listener in self._open.items():
            listener.close()
            with suppress(FileNotFoundError):
                os.unlink(self._paths[name])
        self._open.clear()

    def fds(self) -> dict[str, int]:
        """The descriptors by name, for the process."""
        return {name: listener.fileno() for name, listener in self._open.items()}
