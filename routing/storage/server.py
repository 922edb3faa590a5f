"""The program `sluice state`: its folder, its socket, and the process behind it."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from routing.agent.base.backoff import Backoff
from routing.agent.base.capnp_config import encode
from routing.home import NODE_MODULES
from routing.storage.config import SOCKET, TLS_SOCKET, config, folders
from routing.storage.copy import LOCK
from routing.storage.process import NotStarted, Process
from routing.storage.sources import AiHost, KeyPair, Sources

log = logging.getLogger("state")

SOCKET_FILE = "state.sock"
OUTPUT_FILE = "workerd.txt"
_LOCK_SECONDS = 20.0
_LINKED_SECONDS = 0.6
"""In which agents on this machine link to a new socket (`routing.agent.storage.state_socket`)."""
_BACKLOG = 4096
_MOST_OUTPUT = 1 << 20
_RUNTIME = Path(__file__).resolve().parents[1] / "runtime" / "state"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where other machines connect, and the certificate that they see."""

    host: str
    port: int
    pair: KeyPair


class FolderInUse(Exception):
    """Another state server runs in the folder."""


def sources(folder: Path, ai: AiHost | None = None) -> Sources:
    """With the files of this release."""
    runtime = {path.name: path.read_text("utf-8") for path in sorted(_RUNTIME.glob("*.js"))}
    return Sources(
        root=str(folder),
        runtime=runtime,
        node_module=lambda path: (NODE_MODULES / path).read_text("utf-8"),
        ai=ai,
    )


class StateServer:
    """`keys`: those that capabilities may be made with, the current one first. Without `listen`
    only programs on this machine reach it. With `take_over` a server that runs in the folder is
    stopped, and requests wait meanwhile."""

    def __init__(
        self,
        folder: Path,
        keys: Sequence[bytes],
        listen: Listen | None = None,
        *,
        take_over: bool = False,
        ai: AiHost | None = None,
    ) -> None:
        self._folder, self._keys, self._listen = folder, keys, listen
        self._take_over, self._ai = take_over, ai
        self._listeners: dict[str, socket.socket] = {}
        self._lock = -1
        self.process: Process | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`. Raises `FolderInUse` or `OSError`."""
        made = sources(self._folder, self._ai)
        for name in ("", *folders(made)):
            (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._take_lock()
        if SOCKET not in self._listeners:
            self._listeners[SOCKET] = _listen(self._folder / SOCKET_FILE)
        if self._listen is not None:
            self._listeners[TLS_SOCKET] = _listen_at(self._listen.host, self._listen.port)
        log.info("state in %s", self._folder)
        pair = self._listen.pair if self._listen else None
        supervising = asyncio.get_running_loop().create_task(
            self._supervise(encode(config(self._keys, made, pair)))
        )
        waiting = asyncio.get_running_loop().create_task(stopping.wait())
        try:
            await asyncio.wait({supervising, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if supervising.done():
                supervising.result()
        finally:
            supervising.cancel()
            waiting.cancel()
            await asyncio.wait({supervising})  # a workerd that was just starting has ended
            if self.process is not None:
                await self.process.stop()
            for listener in self._listeners.values():
                listener.close()
            os.close(self._lock)

    async def _supervise(self, encoded: bytes) -> None:
        """Restarts workerd at once when it ends. If it cannot start, it waits longer and longer."""
        descriptors = {name: listener.fileno() for name, listener in self._listeners.items()}
        backoff, output = Backoff(first=0.05, most=1.0), self._folder / OUTPUT_FILE
        while True:
            try:
                self.process = await Process.start(encoded, descriptors, output)
                backoff.worked()
                code = await self.process.ended()
                log.error("the state process ended with %d; it is started again", code)
            except (NotStarted, TimeoutError, OSError) as error:
                log.error("the state process did not start: %s", error or _tail(output))
                await asyncio.sleep(backoff.failed())
            self.process = None
            _trim(output)

    async def _take_lock(self) -> None:
        """Waits for the server before this one, which may still be ending."""
        self._lock = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(self._lock) and self._take_over:
            await self._stop_other()
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _locked(self._lock):
            if time.monotonic() > deadline:
                raise FolderInUse(f"{self._folder}: another state server runs here.")
            await asyncio.sleep(0.05)
        os.pwrite(self._lock, b"%-10d" % os.getpid(), 0)

    async def _stop_other(self) -> None:
        """New connections wait in this server's socket from before the other one stops."""
        self._listeners[SOCKET] = _listen(self._folder / SOCKET_FILE)
        await asyncio.sleep(_LINKED_SECONDS)
        holder = os.pread(self._lock, 10, 0)
        if holder.strip().isdigit() and not _locked(self._lock):  # so this process still runs
            with suppress(ProcessLookupError):
                os.kill(int(holder), signal.SIGTERM)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _listen(path: Path) -> socket.socket:
    """Bound beside the path and renamed: there is always a socket at it. Unix paths are short, so
    it is bound relative to its folder."""
    listener = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    os.chdir(path.parent)
    try:
        temporary = f"{path.name}.new"
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        listener.bind(temporary)
        os.chmod(temporary, 0o600)
        listener.listen(_BACKLOG)
        os.rename(temporary, path.name)
    finally:
        os.chdir(before)
    return listener


def _listen_at(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(_BACKLOG)
    return listener


def _trim(output: Path) -> None:
    with suppress(OSError):
        if output.stat().st_size > _MOST_OUTPUT:
            os.truncate(output, 0)


def _tail(output: Path) -> str:
    try:
        return output.read_bytes()[-2000:].decode(errors="replace")
    except OSError:
        return ""


def serve(
    folder: Path,
    keys: Sequence[bytes],
    listen: Listen | None,
    *,
    take_over: bool,
    ai: AiHost | None = None,
    until: Callable[[asyncio.Event], None],
) -> None:
    """Runs a `StateServer` until SIGTERM or SIGINT. `until` gets the event that stops it."""

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        until(stopping)
        await StateServer(folder, keys, listen, take_over=take_over, ai=ai).run(stopping)

    asyncio.run(main())
