"""The sockets of one version, bound here and handed to its process.

So their mode is ours to set, no stale file is in the way, and connections wait in them while the
process is replaced.
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
    """Opened by `open`. While they are closed, callers hear at once that the version is away.

    `beside`: the version's process has its own, and these wait beside them until `publish`.
    """

    def __init__(self, version_id: str, sockets: Sequence[str], *, beside: bool = False) -> None:
        self._beside = BESIDE if beside else ""
        self._paths = {name: names.socket_file(version_id, name) for name in sockets}
        self._open: dict[str, socket.socket] = {}

    def open(self) -> None:
        """Listens on all of them; those that are open stay as they are. Raises `OSError`."""
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
        """These listen at our paths already: those of an adopted process."""
        self._open.update(listeners)

    def publish(self) -> None:
        """Sockets that were opened `beside` others take their paths: who connects from now on
        comes to these. Raises `OSError`."""
        for path in self._paths.values():
            os.rename(path + BESIDE, path)
        self._beside = ""

    def release(self) -> None:
        """Closes our copies; the paths lead to other sockets by now."""
        for listener in self._open.values():
            listener.close()
        self._open.clear()

    def close(self) -> None:
        """Nobody can connect any more."""
        self.release()
        for path in self._paths.values():
            with suppress(FileNotFoundError):
                os.unlink(path + self._beside)

    def fds(self) -> dict[str, int]:
        """The descriptors by name, for the process."""
        return {name: listener.fileno() for name, listener in self._open.items()}
