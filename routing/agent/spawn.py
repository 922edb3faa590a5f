"""A process of ours: noted on disk while it lives, and its end as something to wait for."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from routing.agent import folder

_running: set[Child] = set()

KEEP_OUTPUT = 1 << 20
"""Bytes of output kept for a process; beyond it the file starts again."""


class Child:
    """A running process. `ended` is done, with its exit code, once it has been reaped."""

    def __init__(self, process: subprocess.Popen[bytes], output: str, written: int) -> None:
        self.pid = process.pid
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._process = process
        self._output, self._written = output, written
        self._pidfd = os.pidfd_open(process.pid)
        asyncio.get_running_loop().add_reader(self._pidfd, self._reap)
        folder.remember(process.pid)
        _running.add(self)

    def signal(self, number: signal.Signals) -> None:
        """Sends the signal, if there is still a process to get it."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def stop(self, grace: float) -> None:
        """SIGTERM, and SIGKILL for what has not ended after `grace` seconds."""
        self.signal(signal.SIGTERM)
        await asyncio.wait([self.ended], timeout=grace)
        self.signal(signal.SIGKILL)
        await asyncio.wait([self.ended])

    def said(self, size: int = 4096) -> bytes:
        """The end of what this process has written."""
        with suppress(OSError), open(self._output, "rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(self._written if self._written <= end else 0, end - size))
            return stream.read(size)
        return b""

    def trim(self) -> None:
        """Empties the output when it has grown too large; the process appends, so goes on."""
        with suppress(OSError):
            if os.stat(self._output).st_size > KEEP_OUTPUT:
                os.truncate(self._output, 0)

    def _reap(self) -> None:
        code = self._process.poll()
        if code is None:
            return
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        folder.forget(self.pid)
        _running.discard(self)
        if not self.ended.done():
            self.ended.set_result(code)


def running() -> list[Child]:
    """The processes that have not ended."""
    return list(_running)


def spawn(
    arguments: Sequence[str | Path], *, output: str, stdin: int = subprocess.DEVNULL, **options: Any
) -> Child:
    """Starts a process whose output goes to a file, never a pipe: an unread one stops workerd.

    Must be called in the main thread: processes are told to die with the thread that made them.
    """
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        written = os.fstat(log).st_size
        process = subprocess.Popen(arguments, stdin=stdin, stdout=log, stderr=log, **options)
    finally:
        os.close(log)
    return Child(process, output, written)
