"""Starts an Envoy on sockets of its predecessor.

In Envoy's hot restart a new process asks its predecessor for the listening sockets. Here the
predecessor is dead; the agent has its sockets and answers instead. That takes a datagram socket,
and the shared memory of the two, which contains versions, two locks that no other process uses, and
flags.
"""

from __future__ import annotations

import array
import asyncio
import logging
import os
import random
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from routing.agent.handover import messages, sockets
from routing.agent.handover.leftovers import SHARED_MEMORY, SOCKET_PREFIX
from routing.agent.handover.messages import Kind, MessageInvalid, Request
from routing.agent.handover.sockets import Sockets

log = logging.getLogger("edge")

_EPOCH = 1
"""Of the new process; the dead one counts as epoch 0."""
_LONGEST = 4096
_VERSION_SECONDS = 10.0
_LARGEST_BASE_ID = (1 << 31) // 10 - 1
"""Envoy multiplies it by ten in 32 bits."""


def memory_size(program: Path) -> int:
    """Size in bytes of the shared memory that this Envoy expects.

    Raises `OSError` if it does not support hot restart, or only another version of it.
    """
    try:
        run = subprocess.run(
            [os.path.abspath(program), "--hot-restart-version"],
            cwd="/",  # a process in the edge's folder would count as a stray
            capture_output=True,
            timeout=_VERSION_SECONDS,
            check=True,
        )  # it answers on stderr
        version, _, size = (run.stdout + run.stderr).decode().strip().partition(".")
        if int(version) == messages.PROTOCOL_VERSION:
            return int(size)
    except (ValueError, subprocess.SubprocessError) as error:
        raise OSError(f"{program} --hot-restart-version: {error}") from error
    raise OSError(f"{program} has version {version} of its hot restart")


@contextmanager
def sigterm_blocked() -> Iterator[None]:
    """Processes started inside never get SIGTERM.

    In a hot restart Envoy asks the kernel for a SIGTERM when the agent dies, although the next
    agent would adopt it. It is ended through its admin socket instead (`/quitquitquit`).
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Predecessor:
    """Answers one starting Envoy. Closes itself once the new Envoy accepts connections; `close` it
    if that fails."""

    def __init__(self, listening: Sockets, size: int) -> None:
        """Raises `OSError` if shared memory or the socket cannot be created."""
        self._listening = listening
        #: Connections that waited until the new Envoy accepted them.
        self.waited = 0
        self._base_id, self._memory = _share_memory(size)
        self._path = f"{SOCKET_PREFIX}_parent_{self._base_id * 10}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            os.fchmod(self._socket.fileno(), 0o600)  # the mode that the file will have
            self._socket.bind(self._path)
            asyncio.get_running_loop().add_reader(self._socket, self._receive)
        except OSError:
            self.close()
            raise

    @property
    def arguments(self) -> list[str]:
        """For the new Envoy."""
        return [
            *("--base-id", str(self._base_id), "--restart-epoch", str(_EPOCH)),
            *("--socket-path", SOCKET_PREFIX, "--socket-mode", "600"),
            # At once, so that it does not depend on us any longer.
            *("--parent-shutdown-time-s", "0", "--skip-hot-restart-parent-stats"),
        ]

    def close(self) -> None:
        """Idempotent. The listening sockets stay open."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
        for path in (self._path, self._memory):
            with suppress(OSError):
                os.unlink(path)

    def _receive(self) -> None:
        while self._socket.fileno() >= 0:
            try:
                datagram, _, _, sender = self._socket.recvmsg(_LONGEST)
            except OSError:
                return
            try:
                self._answer(messages.read(datagram), sender)
            except (MessageInvalid, OSError) as error:
                log.error("a request of a starting Envoy cannot be answered: %s", error)

    def _answer(self, request: Request, sender: str) -> None:
        self.waited = max(self.waited, sockets.waiting(self._listening))
        match request.kind:
            case Kind.socket:
                self._pass(request, sender)
            case Kind.shut_down_admin:
                self._socket.sendto(messages.admin_reply(int(time.time())), sender)
            case Kind.statistics:
                self._socket.sendto(messages.statistics_reply(), sender)
            case Kind.terminate:
                self.close()

    def _pass(self, request: Request, sender: str) -> None:
        some = self._listening.get(request.address, [])
        # Workers share a Unix socket's queue; Envoy duplicates the first.
        if request.worker < len(some):
            rights = array.array("i", [some[request.worker].fileno()])
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
            self._socket.sendmsg([messages.socket_reply(present=True)], ancillary, 0, sender)
        else:
            self._socket.sendto(messages.socket_reply(present=False), sender)


def _share_memory(size: int) -> tuple[int, str]:
    """(base id, path) under an unused name, for this user only."""
    while True:
        base_id = random.randrange(1, _LARGEST_BASE_ID)
        path = f"{SHARED_MEMORY}{base_id * 10}"
        with suppress(FileExistsError):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            break
    with os.fdopen(handle, "wb") as memory:
        memory.write(struct.pack("=QQ", size, messages.PROTOCOL_VERSION).ljust(size, b"\0"))
    return base_id, path
