"""Keeps `state.sock` in the edge's folder, for versions.

On the same machine it is a hard link to the state process's own socket: no copy of bytes, and
versions need no way through the folders above the edge's. The link is made again when the server
has a new socket.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path

from routing.agent.storage.relay import Connect, Relay, https, unix
from routing.compile import names

log = logging.getLogger("edge")

CHECK_SECONDS = 0.25
MODE = 0o660
UNIX = "unix:"


class StateSocket:
    """`url` is `unix:<path>` or `https://host[:port]`; `group` may connect, None for the agent's
    own. `ca_file` verifies an https server instead of the system's authorities."""

    def __init__(self, url: str, group: int | None, ca_file: Path | None = None) -> None:
        self._url, self._group = url, group
        self._ca_file = str(ca_file) if ca_file else None
        self._relay: Relay | None = None

    async def keep(self) -> None:
        """Runs forever."""
        if not self._url.startswith(UNIX):
            await self._start_relay(https(self._url, self._ca_file))
            await asyncio.Event().wait()
        target = self._url.removeprefix(UNIX)
        while self._relay is None:
            if not self._is_linked(target):
                await self._link(target)
            await asyncio.sleep(CHECK_SECONDS)
        await asyncio.Event().wait()

    def stop(self) -> None:
        if self._relay is not None:
            self._relay.stop()

    @staticmethod
    def _is_linked(target: str) -> bool:
        """Also if there is no target: then the link that there is stays."""
        try:
            there = os.stat(target)
            here = os.stat(names.STATE_SOCKET)
        except FileNotFoundError as error:
            return bool(error.filename == target)
        except OSError:
            return True
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)

    async def _link(self, target: str) -> None:
        """A socket on another file system, or of another user, cannot be linked."""
        beside = f"{names.STATE_SOCKET}.new"
        with suppress(FileNotFoundError):
            os.unlink(beside)
        try:
            os.link(target, beside)
            self._admit(beside)
            os.rename(beside, names.STATE_SOCKET)
        except FileNotFoundError:
            return  # the server is just replacing it
        except OSError as error:
            log.info("%s is relayed: it cannot be linked (%s)", target, error.strerror)
            await self._start_relay(unix(target))

    def _admit(self, path: str) -> None:
        if self._group is not None and os.geteuid() == 0:
            os.chown(path, -1, self._group)
        os.chmod(path, MODE)

    async def _start_relay(self, connect: Connect) -> None:
        self._relay = Relay(connect)
        await self._relay.start(names.STATE_SOCKET, MODE)
