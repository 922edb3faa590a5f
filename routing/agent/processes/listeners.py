"""The listening sockets of one version, bound here and passed to its process.

So we control their mode, no stale file is in the way, and connections wait in them during a
restart.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress

from routing.compile import names

BESIDE = ".new"
_BACKLOG = 4096


class Listeners:
    """While closed, connections are refused.

    `beside`: a running process has its own sockets; these wait under temporary names until
    `publish`.
    """

    def __init__(self, version_id: str, sockets: Sequence[str], *, beside: bool = False) -> None:
        self._beside = BESIDE if beside else ""
        self._paths = {name: names.socket_file(version_id, name) for name in sockets}
        self._open: dict[str, socket.socket] = {}

    def open(self) -> None:
        """Idempotent. Raises `OSError`."""
        for name, path in self._paths.items():
            if name in self._open:
                continue
            path += self._beside
            with suppress(FileNotFoundError):
                os.unlink(path)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            os.chmod(path, 0o600)
            listener.listen(_BACKLOG)
            self._open[name] = listener

    def take_over(self, listeners: Mapping[str, socket.socket]) -> None:
        """These already listen at our paths: those of an adopted process."""
        self._open.update(listeners)

    def publish(self) -> None:
        """Renames sockets opened `beside`; new connections reach these. Raises `OSError`."""
        for path in self._paths.values():
            os.rename(path + BESIDE, path)
        self._beside = ""

    def release(self) -> None:
        """Closes our copies; the paths belong to other sockets by now."""
        for listener in self._open.values():
            listener.close()
        self._open.clear()

    def close(self) -> None:
        self.release()
        for path in self._paths.values():
            with suppress(FileNotFoundError):
                os.unlink(path + self._beside)

    def fds(self) -> dict[str, int]:
        """By name."""
        return {name: listener.fileno() for name, listener in self._open.items()}
